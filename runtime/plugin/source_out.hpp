// What a source writes to: the weir_out that encodes each record as it is emitted, and hands batches to the intake.
#pragma once

#include <weir/plugin.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/base/record_frame.hpp"
#include "runtime/plugin/arena.hpp"
#include "runtime/plugin/handles.hpp"
#include "runtime/plugin/host_services.hpp"
#include "runtime/plugin/source_acks.hpp"

namespace weir::plugin {

// Shared by all outs of one source.
struct SourceContext {
    const InstanceHost& host;
    Intake& intake;
    std::shared_ptr<AckQueue> acks = std::make_shared<AckQueue>();
    std::atomic<bool> starved{false};  // somebody was told that there is no room
    std::atomic<bool> closed{false};   // the intake must not be touched any more

    // Somebody has to look for room again, even when no ack comes.
    void no_room() {
        if (!starved.exchange(true)) acks->poke();
    }
};

// Used by one thread at a time. Must live as long as the instance.
class SourceOut {
  public:
    explicit SourceOut(SourceContext& context);
    SourceOut(const SourceOut&) = delete;
    SourceOut& operator=(const SourceOut&) = delete;

    // `any_thread`: of an inlet; otherwise only the opening thread may use it.
    [[nodiscard]] weir_out* open(bool any_thread);
    // Returns how many emitted records were not submitted; they are dropped.
    std::uint32_t close();
    [[nodiscard]] static SourceOut& of(weir_out* out) noexcept;

  private:
    struct Abi {
        weir_out out;
        SourceOut* owner;
    };
    [[nodiscard]] bool is_open() const noexcept;
    void* allocate(std::size_t size);
    weir_status emit(const weir_record* from, std::uint32_t record_size);
    weir_status set_outcome(std::uint32_t index, const weir_outcome* from);
    weir_status submit(weir_str partition, weir_str cursor, std::uint64_t token);
    [[nodiscard]] Status apply_holds();
    void clear();

    SourceContext& context_;
    Abi abi_{};
    std::atomic<bool> any_thread_{false};
    std::atomic<std::thread::id> open_on_;
    Arena arena_;
    EncodedBatch encoded_;
    std::vector<Hold> holds_;  // not in `encoded_` yet; almost always empty
};

}  // namespace weir::plugin
