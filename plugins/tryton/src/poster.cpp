#include "poster.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tryton {
namespace {

using weir::Errc;
using weir::Error;
using weir::Status;

std::vector<Job*> open_jobs(std::span<Job> jobs) {
    std::vector<Job*> open;
    for (Job& job : jobs) {
        if (!job.settled) open.push_back(&job);
    }
    return open;
}

template <class Condition>
std::vector<Job*> open_jobs(const std::vector<Job*>& jobs, Condition condition) {
    std::vector<Job*> open;
    for (Job* job : jobs) {
        if (!job->settled && condition(*job)) open.push_back(job);
    }
    return open;
}

// Cancelled before it had a number: it never was in the books.
bool counts(const Found& found) noexcept { return found.state != State::cancelled || !found.number.empty(); }

std::vector<Found> matches_of(const std::multimap<std::string, Found>& all, const std::string& ref) {
    std::vector<Found> matches;
    const auto [begin, end] = all.equal_range(ref);
    for (auto it = begin; it != end; ++it) {
        if (counts(it->second)) matches.push_back(it->second);
    }
    std::sort(matches.begin(), matches.end(), [](const Found& a, const Found& b) { return a.id < b.id; });
    return matches;
}

Error conflict(std::string message) { return {Errc::rejected, std::move(message), "DUPLICATE_REF", {}}; }

// The one that is in the books, or nullptr; a conflict when there are several, or it was cancelled.
weir::Result<const Found*> posted_one(const std::vector<Found>& matches, const std::string& ref) {
    const Found* posted = nullptr;
    for (const Found& found : matches) {
        if (found.state == State::draft) continue;
        if (posted != nullptr) {
            return conflict("Tryton has " + ref + " twice, as " + posted->number + " and " + found.number);
        }
        posted = &found;
    }
    if (posted != nullptr && posted->state == State::cancelled) {
        return conflict("Tryton has " + ref + " as " + posted->number + ", which was cancelled");
    }
    return posted;
}

}  // namespace

void give(const weir::Item& item, const Error& error, std::string_view remote_id) {
    const weir::Remote remote{.retry_after = error.retry_after.value_or(std::chrono::milliseconds{0}), .id = remote_id};
    switch (error.errc) {
        case Errc::unavailable:
            if (error.code == "THROTTLED") return item.throttled(remote.retry_after, error.code, error.message);
            return item.retry(error.code, error.message, remote);
        case Errc::unknown:
            return item.unknown(error.code, error.message, remote);
        case Errc::rejected:
            return item.rejected(error.code, error.message,
                                 weir::Remote{.id = remote_id, .error_class = class_of(error.code)});
        default:  // a number that does not fit, text that is none: the record's
            return item.rejected("INVALID_DOCUMENT", error.message, weir::Remote{.id = remote_id});
    }
}

void Poster::settle(Model& model, Job& job, const Error& error) {
    give(job.item, error, job.id == 0 ? std::string{} : model.handle(job.id));
    job.settled = true;
    // What is refused may be refused because what we know is old. Its neighbours still need what was looked up.
    if (error.errc == Errc::rejected || error.code == "STALE_REFERENCE") forget_next_ = true;
}

void Poster::deliver(const weir::Call& call, Model& model, std::span<Job> jobs) {
    if (std::exchange(forget_next_, false)) directory_.forget();
    // The reference may come from the payload, so two records of a batch may have the same: the second waits for the
    // first, and is then a duplicate or a conflict.
    std::set<std::string> refs;
    for (Job& job : jobs) {
        if (refs.insert(ref_of(job.document)).second) continue;
        settle(model, job, {Errc::unavailable, "another record of the batch has the same reference", "THROTTLED", {}});
    }
    look_up(call, model, open_jobs(jobs));
    create(call, model, open_jobs(open_jobs(jobs), [](const Job& job) { return job.id == 0; }));
    if (!model.has_drafts()) {
        for (Job* job : open_jobs(jobs)) {
            job->item.delivered(model.handle(job->id));
            job->settled = true;
        }
        return;
    }
    // Once more, right before the post: a create of an earlier attempt that was given up for lost may have arrived
    // meanwhile, and Tryton's own sums are known now.
    look_up(call, model, open_jobs(open_jobs(jobs), [](const Job& job) { return job.ours; }));
    post(call, model, open_jobs(jobs));
}

// ------------------------------------------------------------------------------------------------------------ search

weir::Result<Poster::Matches> Poster::search(const weir::Call& call, Model& model, std::span<Job* const> jobs) {
    std::set<std::string> refs;
    for (const Job* job : jobs) refs.insert(ref_of(job->document));
    WEIR_TRY(std::vector<Found> all, model.search(call, refs));
    Matches matches;
    for (Found& found : all) {
        std::string ref = found.ref;
        matches.emplace(std::move(ref), std::move(found));
    }
    return matches;
}

void Poster::look_up(const weir::Call& call, Model& model, const Jobs& jobs) {
    if (jobs.empty()) return;
    const auto matches = search(call, model, jobs);
    for (Job* job : jobs) {
        const Status status = matches.ok() ? adopt(call, model, *job, matches_of(*matches, ref_of(job->document)))
                                           : Status(matches.error());
        if (!status.ok()) settle(model, *job, status.error());
    }
}

Status Poster::adopt(const weir::Call& call, Model& model, Job& job, std::vector<Found> matches) {
    WEIR_TRY(const Found* posted, posted_one(matches, ref_of(job.document)));
    if (posted != nullptr) return recognise(call, model, job, *posted);
    if (!matches.empty()) return adopt_draft(call, model, job, matches);
    if (job.id == 0) return weir::ok();
    return Error{Errc::unavailable, "the draft that was made is gone", "DRAFT_GONE", {}};
}

Status Poster::recognise(const weir::Call& call, Model& model, Job& job, const Found& posted) {
    WEIR_TRY(const std::string difference, model.difference(call, posted, job.document));
    if (!difference.empty()) {
        return conflict("Tryton has " + posted.ref + " as " + posted.number + " with other content: " + difference);
    }
    job.item.duplicate(posted.number.empty() ? model.handle(posted.id) : posted.number);
    job.settled = true;
    return weir::ok();
}

Status Poster::adopt_draft(const weir::Call& call, Model& model, Job& job, std::span<const Found> drafts) {
    for (const Found& draft : drafts) {
        if (job.ours && draft.id == job.id) continue;
        WEIR_TRY(const std::string difference, model.difference(call, draft, job.document));
        if (difference.empty()) continue;
        return conflict("Tryton has " + draft.ref + " as the draft " + model.handle(draft.id) +
                        " with other content: " + difference);
    }
    job.id = drafts.front().id;
    if (drafts.size() > 1) WEIR_CHECK_OK(remove_strays(call, model, drafts.subspan(1)));
    const std::string miscalculation = model.miscalculation(drafts.front(), job.document);
    if (miscalculation.empty()) return weir::ok();
    return Error{Errc::rejected, miscalculation, "AMOUNT_DIFFERS", {}};
}

// Drafts with our reference and our content: a create that was given up for lost and came after all.
Status Poster::remove_strays(const weir::Call& call, Model& model, std::span<const Found> strays) {
    std::string names;
    for (const Found& stray : strays) names += (names.empty() ? "" : " ") + model.handle(stray.id);
    host_.warn("removing equal drafts of one reference", {{"ref", strays.front().ref}, {"drafts", names}});
    const auto removed = rpc_.call(call, Effect::write, model.method("delete"), [&](weir::JsonWriter& out) {
        out.begin_array();
        for (const Found& stray : strays) out.integer(stray.id);
        out.end_array();
    });
    if (removed.ok()) return weir::ok();
    // Nothing was posted, whatever became of the drafts.
    return Error{Errc::unavailable, removed.error().message, removed.error().code, removed.error().retry_after};
}

// ------------------------------------------------------------------------------------------------------------ create

void Poster::create(const weir::Call& call, Model& model, const Jobs& jobs) {
    if (jobs.empty()) return;
    std::vector<const Document*> documents;
    for (const Job* job : jobs) documents.push_back(&job->document);
    const Status loaded = model.load(call, documents);
    for (Job* job : jobs) {
        auto values = loaded.ok() ? model.values(call, job->document) : weir::Result<std::string>(loaded.error());
        if (values.ok()) {
            job->values = std::move(values).value();
        } else {
            settle(model, *job, values.error());
        }
    }
    isolate(model, open_jobs(jobs, [](const Job&) { return true; }),
            [&](std::span<Job* const> batch) { return create_batch(call, model, batch); });
}

// All of them or none: one create is one transaction.
Status Poster::create_batch(const weir::Call& call, Model& model, std::span<Job* const> jobs) {
    WEIR_TRY(const weir::JsonValue ids,
             rpc_.call(call, Effect::write, model.method("create"), [&](weir::JsonWriter& out) {
                 out.begin_array();
                 for (const Job* job : jobs) out.raw(job->values);
                 out.end_array();
             }));
    if (ids.size() != jobs.size()) {
        return Error{
            Errc::unknown,
            "create was answered with " + std::to_string(ids.size()) + " ids, expected " + std::to_string(jobs.size()),
            "BAD_RESPONSE",
            {}};
    }
    std::size_t at = 0;
    for (const weir::JsonValue id : ids.elements()) {
        jobs[at]->id = id.integer().value_or(0);
        jobs[at++]->ours = true;
    }
    return weir::ok();
}

// A batch that is refused is tried in halves, until the refused document is alone.
void Poster::isolate(Model& model, std::span<Job* const> jobs, const Attempt& attempt) {
    if (jobs.empty()) return;
    const Status status = attempt(jobs);
    if (status.ok()) return;
    if (status.error().errc == Errc::rejected && jobs.size() > 1) {
        const std::size_t half = jobs.size() / 2;
        isolate(model, jobs.first(half), attempt);
        isolate(model, jobs.subspan(half), attempt);
        return;
    }
    for (Job* job : jobs) settle(model, *job, status.error());
}

// -------------------------------------------------------------------------------------------------------------- post

void Poster::post(const weir::Call& call, Model& model, const Jobs& jobs) {
    isolate(model, jobs, [&](std::span<Job* const> batch) -> Status {
        WEIR_CHECK_OK(rpc_.call(call, Effect::write, model.method("post"), [&](weir::JsonWriter& out) {
            out.begin_array();
            for (const Job* job : batch) out.integer(job->id);
            out.end_array();
        }));
        return weir::ok();
    });
    confirm(call, model, open_jobs(jobs, [](const Job&) { return true; }));
}

// Posted they are; this asks for their numbers.
void Poster::confirm(const weir::Call& call, Model& model, const Jobs& jobs) {
    if (jobs.empty()) return;
    const auto matches = search(call, model, jobs);
    for (Job* job : jobs) {
        std::string number;
        if (matches.ok()) {
            for (const Found& found : matches_of(*matches, ref_of(job->document))) {
                if (found.id == job->id) number = found.number;
            }
        }
        job->item.delivered(number.empty() ? model.handle(job->id) : number);
        job->settled = true;
    }
}

// ----------------------------------------------------------------------------------------------------------- resolve

void Poster::resolve(const weir::Call& call, Model& model, std::span<Job> jobs) {
    const Jobs open = open_jobs(jobs);
    if (open.empty()) return;
    const auto matches = search(call, model, open);
    for (Job* job : open) {
        if (matches.ok()) {
            resolve_one(call, model, *job, matches_of(*matches, ref_of(job->document)));
        } else {
            job->item.unknown(matches.error().code, matches.error().message);
        }
        job->settled = true;
    }
}

void Poster::resolve_one(const weir::Call& call, Model& model, Job& job, const std::vector<Found>& matches) {
    const auto posted = posted_one(matches, ref_of(job.document));
    if (!posted.ok()) return give(job.item, posted.error());
    if (matches.empty()) return job.item.retry("ABSENT", "Tryton does not have it");
    if (*posted == nullptr) {
        const std::string handle = model.handle(matches.front().id);
        return job.item.retry("DRAFT_FOUND", "Tryton has the draft " + handle + ", it will be posted", {.id = handle});
    }
    const Found& found = **posted;
    const auto difference = model.difference(call, found, job.document);
    if (!difference.ok()) return job.item.unknown(difference.error().code, difference.error().message);
    if (!difference->empty()) {
        return give(job.item, conflict("Tryton has " + found.ref + " as " + found.number +
                                       " with other content: " + *difference));
    }
    job.item.delivered(found.number.empty() ? model.handle(found.id) : found.number);
}

}  // namespace tryton
