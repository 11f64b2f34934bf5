// What a transform writes to during one call: the weir_out it sees, and what it came to.
#pragma once

#include <weir/plugin.h>

#include <atomic>
#include <thread>
#include <vector>

#include "runtime/plugin/arena.hpp"
#include "runtime/plugin/handles.hpp"
#include "runtime/plugin/host_services.hpp"

namespace weir::plugin {

// Between open() and close() for the thread that opened it; a use outside is WEIR_E_PROTOCOL. Used again and again:
// it must live as long as the instance.
class TransformOut {
  public:
    explicit TransformOut(const InstanceHost& host);
    TransformOut(const TransformOut&) = delete;
    TransformOut& operator=(const TransformOut&) = delete;

    [[nodiscard]] weir_out* open(const BatchPtr& in);
    void close();                                        // what was emitted stays until the next take or drop
    [[nodiscard]] std::vector<Outcome> take_outcomes();  // one per input; first
    [[nodiscard]] BatchPtr take_output(const std::vector<Outcome>& outcomes);
    void drop();

  private:
    struct Abi {
        weir_out out;
        TransformOut* owner;
    };
    static TransformOut& of(weir_out* out) noexcept;
    [[nodiscard]] bool is_open() const noexcept;
    void* allocate(std::size_t size);
    weir_status emit(const weir_record* from, std::uint32_t record_size);
    weir_status set_outcome(std::uint32_t index, const weir_outcome* from);

    [[nodiscard]] std::size_t used() const noexcept;
    void inherit(weir_record& record, const weir_record& input) const;
    void own_views(weir_record& record, const weir_record& input);
    [[nodiscard]] weir_str own(weir_str s, const weir_record& input);

    const InstanceHost& host_;
    Abi abi_{};
    std::atomic<std::thread::id> open_on_;
    BatchPtr in_;
    Arena arena_;
    BatchBuilder builder_;
    std::vector<Outcome> outcomes_;
    bool ascending_ = true;
};

}  // namespace weir::plugin
