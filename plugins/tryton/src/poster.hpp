// Makes documents final in Tryton, each once: search, create what is missing, search again, post, confirm.
//
// Tryton does not know our references, so the search before each create is what keeps a document from being made twice;
// and a draft is found and posted whoever was killed between the two steps.
#pragma once

#include <weir/sink.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model.hpp"

namespace tryton {

// One record on its way. Settled once its item has a verdict.
struct Job {
    weir::Item item;
    Document document;
    std::int64_t id = 0;   // of its draft; 0: there is none
    bool ours = false;     // the draft was made in this call: its content is known
    std::string values{};  // for create
    bool settled = false;
};

// Gives the item the verdict an error stands for. `remote_id` when Tryton has something of it.
void give(const weir::Item& item, const weir::Error& error, std::string_view remote_id = {});

class Poster {
  public:
    Poster(weir::Host host, Rpc& rpc, Directory& directory) noexcept : host_(host), rpc_(rpc), directory_(directory) {}

    // Settles every job. The caller holds the database's posting lock.
    void deliver(const weir::Call& call, Model& model, std::span<Job> jobs);
    // Settles every job with what became of it; changes nothing.
    void resolve(const weir::Call& call, Model& model, std::span<Job> jobs);

  private:
    using Jobs = std::vector<Job*>;
    using Matches = std::multimap<std::string, Found>;
    using Attempt = std::function<weir::Status(std::span<Job* const>)>;

    [[nodiscard]] weir::Result<Matches> search(const weir::Call& call, Model& model, std::span<Job* const> jobs);
    void look_up(const weir::Call& call, Model& model, const Jobs& jobs);
    [[nodiscard]] weir::Status adopt(const weir::Call& call, Model& model, Job& job, std::vector<Found> matches);
    [[nodiscard]] weir::Status recognise(const weir::Call& call, Model& model, Job& job, const Found& posted);
    [[nodiscard]] weir::Status adopt_draft(const weir::Call& call, Model& model, Job& job,
                                           std::span<const Found> drafts);
    [[nodiscard]] weir::Status remove_strays(const weir::Call& call, Model& model, std::span<const Found> strays);
    void create(const weir::Call& call, Model& model, const Jobs& jobs);
    [[nodiscard]] weir::Status create_batch(const weir::Call& call, Model& model, std::span<Job* const> jobs);
    void post(const weir::Call& call, Model& model, const Jobs& jobs);
    void confirm(const weir::Call& call, Model& model, const Jobs& jobs);
    void isolate(Model& model, std::span<Job* const> jobs, const Attempt& attempt);
    void resolve_one(const weir::Call& call, Model& model, Job& job, const std::vector<Found>& matches);
    void settle(Model& model, Job& job, const weir::Error& error);

    weir::Host host_;
    Rpc& rpc_;
    Directory& directory_;
    bool forget_next_ = false;  // what the directory knows, before the next delivery
};

}  // namespace tryton
