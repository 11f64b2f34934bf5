// Component `sink`: records become posted documents of a Tryton database.
#pragma once

#include <weir/sdk.hpp>

#include <atomic>
#include <memory>
#include <vector>

#include "config.hpp"
#include "directory.hpp"
#include "document.hpp"
#include "poster.hpp"
#include "posting_lock.hpp"
#include "rpc.hpp"

namespace tryton {

class TrytonSink final : public weir::Sink<Config> {
  public:
    TrytonSink(weir::Host host, Config config);

    void limits(weir_sink_limits& limits) override;
    void stop() noexcept override;
    void probe(weir::Call& call) override;
    void deliver(weir::Call& call, weir::Delivery& delivery) override;
    void resolve(weir::Call& call, weir::Delivery& delivery) override;

  private:
    // What the records of a call are; those that are nothing are settled by `refuse`.
    using Batches = std::vector<std::vector<Job>>;  // by Kind
    [[nodiscard]] weir::Status check(const weir::Call& call);
    template <class Refuse>
    [[nodiscard]] Batches read(const weir::Delivery& delivery, Refuse refuse);
    [[nodiscard]] Model& model(Kind kind) noexcept { return *models_[static_cast<std::size_t>(kind)]; }

    DocumentReader reader_;
    Rpc rpc_;
    Directory directory_;
    Poster poster_;
    std::vector<std::unique_ptr<Model>> models_;  // by Kind
    PostingQueue& queue_;
    std::atomic<bool> stopping_{false};
};

}  // namespace tryton
