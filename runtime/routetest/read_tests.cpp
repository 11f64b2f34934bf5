#include "runtime/routetest/read_tests.hpp"

#include <weir/plugin.h>

#include <algorithm>
#include <utility>

#include "runtime/base/text.hpp"
#include "runtime/config/load_yaml.hpp"
#include "runtime/config/units.hpp"
#include "runtime/routetest/form.hpp"
#include "runtime/routetest/read_expect.hpp"

namespace weir::routetest {

namespace {

constexpr std::int64_t kUsualClockNs = 1'782'864'000'000'000'000;  // 2026-07-01T00:00:00Z

class TestReader {
  public:
    TestReader(std::filesystem::path file, const config::Config& config, config::Problems& problems)
        : folder_(file.parent_path()), config_(config), problems_(problems) {
        file_.file = std::move(file);
    }

    [[nodiscard]] TestFile read(const config::Node& root);

  private:
    [[nodiscard]] Case read_case(const config::Node& node);
    void read_routes(const Form& form, Case& test);
    void read_scripts(const Form& form, Case& test);
    void read_given(const config::Node& node, Case& test);
    [[nodiscard]] GivenRecord read_record(const config::Node& node);
    void read_payload(const Form& form, GivenRecord& record);
    void read_replies(const config::Node& node, Case& test);
    void read_destinations(const config::Node& node, Case& test);
    void read_http(const config::Node& node, Case& test);
    [[nodiscard]] HttpScript::Answer read_answer(const config::Node& node);
    void read_cross_references(const config::Node& node, Case& test);
    void read_tables(const config::Node& node, Case& test);
    void read_not_under(const config::Node& node, Case& test);
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(const config::Node& node, std::string_view name);
    [[nodiscard]] bool known_route(const config::Node& node, const std::string& name);
    [[nodiscard]] std::vector<std::string_view> destinations_of(const Case& test) const;

    TestFile file_;
    std::filesystem::path folder_;
    const config::Config& config_;
    config::Problems& problems_;
};

std::optional<std::chrono::milliseconds> TestReader::duration(const config::Node& node, std::string_view name) {
    const auto text = read_text(node, name, problems_);
    const auto value = text ? config::parse_duration(*text) : std::nullopt;
    if (text && !value) {
        problems_.add(node.where, "bad_duration",
                      std::string(name) + ": expected a duration such as 10m, found " + config::quote(*text));
    }
    return value;
}

bool TestReader::known_route(const config::Node& node, const std::string& name) {
    std::vector<std::string_view> names;
    for (const config::Route& route : config_.routes) names.push_back(route.name);
    if (std::ranges::find(names, name) != names.end()) return true;
    add_unknown(problems_, node.where, "route", name, std::move(names));
    return false;
}

std::vector<std::string_view> TestReader::destinations_of(const Case& test) const {
    std::vector<std::string_view> names;
    for (const config::Route& route : config_.routes) {
        if (std::ranges::find(test.routes, route.name) == test.routes.end()) continue;
        for (const config::Destination& to : route.to) names.push_back(to.name);
    }
    return names;
}

// ------------------------------------------------------------------------------------------------ given

void TestReader::read_payload(const Form& form, GivenRecord& record) {
    const config::Node* data = form.find("data");
    const config::Node* file = form.find("data_file");
    const auto text = form.text("text");
    if ((data != nullptr ? 1 : 0) + (file != nullptr ? 1 : 0) + (text ? 1 : 0) > 1) {
        problems_.add((data != nullptr ? data : file)->where, "both",
                      "a given record has one of \"data\", \"data_file\" and \"text\"");
    }
    if (data != nullptr) record.payload = config::to_json(*data);
    if (text) record.payload = *text;
    if (file == nullptr) return;
    if (auto content = read_data_file(*file, folder_, problems_)) record.payload = std::move(*content);
}

GivenRecord TestReader::read_record(const config::Node& node) {
    const Form form(node, "a given record",
                    {"from", "id", "source", "type", "subject", "key", "schema", "content_type", "correlation_id",
                     "causation_id", "time", "attributes", "data", "data_file", "text", "hold"},
                    problems_);
    GivenRecord record;
    record.id = form.text("id", true).value_or("");
    record.source = form.text_or("source", "test");
    record.type = form.text_or("type", "test");
    record.subject = form.text_or("subject");
    record.key = form.text_or("key");
    record.schema = form.text_or("schema");
    record.content_type = form.text_or("content_type");
    record.correlation_id = form.text_or("correlation_id");
    record.causation_id = form.text_or("causation_id");
    record.hold = form.text_or("hold");
    record.connection = form.text_or("from");
    record.payload = "{}";
    if (!record.connection.empty() && !config_.connections.contains(record.connection)) {
        std::vector<std::string_view> names;
        for (const auto& [name, connection] : config_.connections) names.push_back(name);
        add_unknown(problems_, form.find("from")->where, "connection", record.connection, std::move(names));
    }
    if (const auto time = form.text("time")) {
        record.time_ns = parse_time(*time);
        if (!record.time_ns) {
            problems_.add(form.find("time")->where, "bad_time",
                          "time: expected RFC 3339 such as 2026-07-01T00:00:00Z, found " + config::quote(*time));
        }
    }
    if (const config::Node* node_of = form.find("attributes");
        node_of != nullptr && is_map(*node_of, "attributes", problems_)) {
        for (const config::Member& member : node_of->members) {
            if (auto value = read_text(member.value, member.key, problems_)) {
                record.attributes[member.key] = std::move(*value);
            }
        }
    }
    read_payload(form, record);
    return record;
}

void TestReader::read_given(const config::Node& node, Case& test) {
    if (!is_list(node, "given", problems_)) return;
    for (const config::Node& item : node.items) {
        const config::Member* wait = item.find("wait");
        if (wait == nullptr) {
            test.given.emplace_back(read_record(item));
            continue;
        }
        const Form form(item, "a wait", {"wait"}, problems_);
        if (const auto time = duration(wait->value, "wait")) test.given.emplace_back(*time);
    }
    const auto is_record = [](const config::Node& item) { return item.find("wait") == nullptr; };
    if (std::ranges::none_of(node.items, is_record)) {
        problems_.add(node.where, "nothing_given", "given has no record: the case would hold whatever the route does");
    }
}

// ------------------------------------------------------------------------------------------------ the systems around

void TestReader::read_replies(const config::Node& node, Case& test) {
    if (!is_map(node, "replies", problems_)) return;
    const std::vector<std::string_view> names = destinations_of(test);
    for (const config::Member& destination : node.members) {
        if (std::ranges::find(names, destination.key) == names.end()) {
            add_unknown(problems_, destination.where, "destination", destination.key, names);
        }
        if (!is_map(destination.value, destination.key, problems_)) continue;
        for (const config::Member& record : destination.value.members) {
            std::vector<Word>& words = test.destinations[destination.key].replies[record.key];
            std::vector<const config::Node*> nodes;
            if (record.value.kind == config::Node::Kind::sequence) {
                for (const config::Node& item : record.value.items) nodes.push_back(&item);
            } else {
                nodes.push_back(&record.value);
            }
            for (const config::Node* item : nodes) {
                const auto text = read_text(*item, record.key, problems_);
                const auto word = text ? parse_word(*text) : std::nullopt;
                if (word) words.push_back(*word);
                if (text && !word) {
                    problems_.add(item->where, "bad_reply", "unknown reply " + config::quote(*text),
                                  "there are ok, duplicate, retry:CODE, throttled:5s, rejected:CODE, policy:CODE, "
                                  "refused:CODE, unknown, unknown_applied, disconnected, broken");
                }
            }
        }
    }
}

void TestReader::read_destinations(const config::Node& node, Case& test) {
    if (!is_map(node, "destinations", problems_)) return;
    const std::vector<std::string_view> names = destinations_of(test);
    for (const config::Member& member : node.members) {
        if (std::ranges::find(names, member.key) == names.end()) {
            add_unknown(problems_, member.where, "destination", member.key, names);
        }
        const Form form(member.value, "a destination",
                        {"resolves", "idempotent", "atomic", "order", "batch", "cannot_tell"}, problems_);
        DestinationScript& script = test.destinations[member.key];
        script.resolves = form.flag("resolves");
        script.idempotent = form.flag("idempotent");
        script.atomic = form.flag("atomic");
        script.batch = form.count("batch").value_or(0);
        if (const auto order = form.text("order")) {
            if (*order == "none") script.order = WEIR_ORDER_NONE;
            if (*order == "key") script.order = WEIR_ORDER_PER_KEY;
            if (*order == "total") script.order = WEIR_ORDER_TOTAL;
            if (!script.order) {
                add_unknown(problems_, form.find("order")->where, "order", *order, {"none", "key", "total"});
            }
        }
        if (const config::Node* tell = form.find("cannot_tell");
            tell != nullptr && is_map(*tell, "cannot_tell", problems_)) {
            for (const config::Member& one : tell->members) {
                script.cannot_tell[one.key] = read_count(one.value, one.key, problems_).value_or(0);
            }
        }
    }
}

HttpScript::Answer TestReader::read_answer(const config::Node& node) {
    const Form form(node, "an answer", {"status", "error", "headers", "body", "text"}, problems_);
    HttpScript::Answer answer;
    answer.error = form.text_or("error");
    answer.status = answer.error.empty() ? static_cast<std::int32_t>(form.count("status").value_or(200)) : 0;
    if (const config::Node* body = form.find("body")) answer.body = config::to_json(*body);
    if (auto text = form.text("text")) answer.body = std::move(*text);
    if (const config::Node* headers = form.find("headers");
        headers != nullptr && is_map(*headers, "headers", problems_)) {
        for (const config::Member& one : headers->members) {
            if (auto value = read_text(one.value, one.key, problems_)) answer.headers[one.key] = std::move(*value);
        }
    }
    return answer;
}

void TestReader::read_http(const config::Node& node, Case& test) {
    if (!is_list(node, "http", problems_)) return;
    for (const config::Node& item : node.items) {
        const Form form(item, "an http entry", {"request", "answer", "answers"}, problems_);
        HttpScript script;
        script.where = item.where;
        const std::string request = form.text("request", true).value_or("GET http://");
        const std::size_t blank = request.find(' ');
        if (blank == std::string::npos) {
            problems_.add(form.find("request")->where, "bad_request",
                          "request: expected a method and a URL, such as GET https://crm.example/1, found " +
                              config::quote(request));
            continue;
        }
        script.method = request.substr(0, blank);
        script.url = request.substr(blank + 1);
        if (const config::Node* answer = form.find("answer")) script.answers.push_back(read_answer(*answer));
        if (const config::Node* answers = form.find("answers");
            answers != nullptr && is_list(*answers, "answers", problems_)) {
            for (const config::Node& one : answers->items) script.answers.push_back(read_answer(one));
        }
        if (script.answers.empty()) {
            problems_.add(item.where, "missing_key", "key \"answer\" is missing in an http entry");
            continue;
        }
        test.http.push_back(std::move(script));
    }
}

void TestReader::read_cross_references(const config::Node& node, Case& test) {
    if (!is_list(node, "cross_references", problems_)) return;
    for (const config::Node& item : node.items) {
        const Form form(item, "a cross-reference", {"system", "environment", "type", "id", "canonical"}, problems_);
        test.cross_references.push_back({form.text("system", true).value_or(""), form.text_or("environment"),
                                         form.text("type", true).value_or(""), form.text("id", true).value_or(""),
                                         form.text("canonical", true).value_or(""), item.where});
    }
}

void TestReader::read_tables(const config::Node& node, Case& test) {
    if (!is_map(node, "tables", problems_)) return;
    std::vector<std::string_view> names;
    for (const auto& [name, table] : config_.tables) names.push_back(name);
    for (const config::Member& table : node.members) {
        if (!config_.tables.contains(table.key)) add_unknown(problems_, table.where, "table", table.key, names);
        if (!is_map(table.value, table.key, problems_)) continue;
        for (const config::Member& row : table.value.members) {
            test.tables[table.key][row.key] = config::to_json(row.value);
        }
    }
}

void TestReader::read_not_under(const config::Node& node, Case& test) {
    for (const std::string& name : read_texts(node, "not_under", problems_)) {
        if (const auto profile = parse_profile(name)) {
            test.not_under.push_back(*profile);
        } else {
            add_unknown(problems_, node.where, "profile", name, {"restart", "capacity-one", "duplicated", "shuffled"});
        }
    }
}

// ------------------------------------------------------------------------------------------------ a case

void TestReader::read_routes(const Form& form, Case& test) {
    if (const auto own = form.text("route")) {
        if (known_route(*form.find("route"), *own)) test.routes.push_back(*own);
    } else if (!file_.route.empty()) {
        test.routes.push_back(file_.route);
    }
    const config::Node* with = form.find("with");
    if (with == nullptr) return;
    for (const std::string& name : read_texts(*with, "with", problems_)) {
        if (known_route(*with, name)) test.routes.push_back(name);
    }
}

void TestReader::read_scripts(const Form& form, Case& test) {
    if (const config::Node* one = form.find("replies")) read_replies(*one, test);
    if (const config::Node* one = form.find("destinations")) read_destinations(*one, test);
    if (const config::Node* one = form.find("http")) read_http(*one, test);
    if (const config::Node* one = form.find("cross_references")) read_cross_references(*one, test);
    if (const config::Node* one = form.find("tables")) read_tables(*one, test);
    if (const config::Node* one = form.find("not_under")) read_not_under(*one, test);
}

Case TestReader::read_case(const config::Node& node) {
    const Form form(node, "a case",
                    {"name", "why", "route", "with", "clock", "given", "replies", "destinations", "http",
                     "cross_references", "tables", "run_for", "not_under", "expect"},
                    problems_);
    Case test;
    test.where = node.where;
    test.name = form.text("name", true).value_or("");
    test.why = form.text_or("why");
    test.clock_ns = kUsualClockNs;
    if (const auto clock = form.text("clock")) {
        const auto time = parse_time(*clock);
        if (!time) {
            problems_.add(form.find("clock")->where, "bad_time",
                          "clock: expected RFC 3339 such as 2026-07-01T00:00:00Z, found " + config::quote(*clock));
        }
        test.clock_ns = time.value_or(kUsualClockNs);
    }
    read_routes(form, test);
    if (test.routes.empty() && form.find("route") == nullptr) {
        problems_.add(node.where, "missing_key", "a case needs a \"route\", here or at the top of the file");
    }
    const config::Node* given = form.find("given");
    if (given != nullptr) {
        read_given(*given, test);
    } else if (node.kind == config::Node::Kind::map) {
        problems_.add(node.where, "missing_key", "key \"given\" is missing in a case");
    }
    read_scripts(form, test);
    if (const config::Node* run_for = form.find("run_for")) test.run_for = duration(*run_for, "run_for");
    const config::Node* expect = form.find("expect");
    if (expect == nullptr) {
        problems_.add(node.where, "missing_key", "key \"expect\" is missing in a case",
                      "write `expect: golden` and let `weir test --accept` fill it in");
    } else if (expect->kind == config::Node::Kind::string && expect->text == "golden") {
        test.golden = true;
        test.unknown = true;
        test.expect.where = expect->where;
    } else {
        test.expect = read_expect(*expect, destinations_of(test), folder_, problems_);
    }
    return test;
}

TestFile TestReader::read(const config::Node& root) {
    const Form form(root, "a test file", {"route", "title", "cases"}, problems_);
    if (const auto route = form.text("route"); route && known_route(*form.find("route"), *route)) file_.route = *route;
    file_.title = form.text_or("title");
    const config::Node* cases = form.find("cases");
    if (cases == nullptr) {
        problems_.add(root.where, "missing_key", "key \"cases\" is missing in a test file");
        return std::move(file_);
    }
    if (!is_list(*cases, "cases", problems_)) return std::move(file_);
    for (const config::Node& item : cases->items) {
        Case test = read_case(item);
        const auto same = std::ranges::find(file_.cases, test.name, &Case::name);
        if (same != file_.cases.end()) {
            problems_.add(
                item.where, "duplicate_name",
                "there are two cases " + config::quote(test.name) + "; the other is at " + same->where.to_string());
        }
        file_.cases.push_back(std::move(test));
    }
    return std::move(file_);
}

// The expectations of the file beside, put in their places.
void read_golden(TestFile& file, const config::Config& config, config::Problems& problems) {
    const std::filesystem::path beside = golden_file(file.file);
    if (std::ranges::none_of(file.cases, &Case::golden) || !std::filesystem::exists(beside)) return;
    const auto root = config::parse_file(beside, {file.file.string(), 1, 1}, problems);
    if (!root || !is_map(*root, "a golden file", problems)) return;
    for (Case& test : file.cases) {
        const config::Member* found = test.golden ? root->find(test.name) : nullptr;
        if (found == nullptr) continue;
        test.unknown = false;
        test.golden_stated = json_of(found->value);
        std::vector<std::string_view> destinations;
        for (const config::Route& route : config.routes) {
            for (const config::Destination& to : route.to) destinations.push_back(to.name);
        }
        test.expect = read_expect(found->value, destinations, file.file.parent_path(), problems);
    }
}

}  // namespace

std::filesystem::path golden_file(const std::filesystem::path& file) {
    std::string name = file.filename().string();
    constexpr std::string_view kEnding = ".test.yaml";
    if (name.ends_with(kEnding)) name.resize(name.size() - kEnding.size());
    return file.parent_path() / (name + ".golden.yaml");
}

std::optional<TestFile> read_tests(const std::filesystem::path& file, const config::Config& config,
                                   config::Problems& problems) {
    const std::size_t before = problems.size();
    const auto root = config::parse_file(file, {file.string(), 1, 1}, problems);
    if (!root) return std::nullopt;
    TestFile tests = TestReader(file, config, problems).read(*root);
    read_golden(tests, config, problems);
    if (problems.size() != before) return std::nullopt;
    return tests;
}

}  // namespace weir::routetest
