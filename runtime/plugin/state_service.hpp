// weir.state/1 of one instance: reads see what is committed and the call's own writes; writes are collected per call.
#pragma once

#include <weir/state.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/plugin/handles.hpp"

namespace weir::plugin {

class StateService {
  public:
    StateService(StateReader& reader, std::string scope, const Clock& clock);

    [[nodiscard]] const weir_svc_state* table() const noexcept { return &service_.table; }

    // Open while one call runs; what it wrote is gone unless taken.
    class Session {
      public:
        Session(StateService* service, std::uint64_t call_id);  // null: state is not offered
        Session(const Session&) = delete;
        Session& operator=(const Session&) = delete;
        ~Session();
        // The last write of each key, in the order the keys were first written.
        [[nodiscard]] std::vector<StateChange> take();

      private:
        StateService* service_;
        std::uint64_t call_id_;
    };
    // [any] Nothing is read or written any more.
    void close();

  private:
    struct Write {
        StateChange change;
        std::int64_t at_unix_ns = 0;
    };
    struct Writes {
        std::vector<Write> list;
        std::map<std::string, std::size_t, std::less<>> index;  // key -> place in list
    };
    struct Service {
        weir_svc_state table;
        StateService* owner;
    };
    static StateService& of(const void* self) noexcept;
    weir_status get(std::uint64_t call_id, weir_str key, char* buffer, std::size_t* size);
    weir_status write(std::uint64_t call_id, weir_str key, StateChange change);

    StateReader& reader_;
    const std::string scope_;
    const Clock& clock_;
    Service service_;
    std::mutex mutex_;
    std::map<std::uint64_t, Writes> sessions_;
};

}  // namespace weir::plugin
