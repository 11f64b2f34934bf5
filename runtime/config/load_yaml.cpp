#include "runtime/config/load_yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include "runtime/base/text.hpp"
#include "runtime/config/scalar_text.hpp"

namespace weir::config {
namespace {

// Thrown by the handler through yaml-cpp's parser, which has no other way to stop; caught in parse_text().
struct Stop {
    Location where;
    std::string code;
    std::string message;
};

// Turns yaml-cpp's marks (from 0, in bytes) into locations (from 1, in characters).
class Places {
  public:
    Places(std::string_view text, const std::string& file) : text_(text), file_(file) {
        lines_.push_back(0);
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n') lines_.push_back(i + 1);
        }
    }
    [[nodiscard]] Location at(const YAML::Mark& mark) const {
        if (mark.line < 0) return {file_, 1, 1};
        const std::size_t line = std::min(static_cast<std::size_t>(mark.line), lines_.size() - 1);
        return at_offset(std::min(lines_[line] + static_cast<std::size_t>(mark.column), text_.size()), line);
    }
    [[nodiscard]] Location at_offset(std::size_t offset) const {
        const auto next = std::upper_bound(lines_.begin(), lines_.end(), offset);
        return at_offset(offset, static_cast<std::size_t>(next - lines_.begin()) - 1);
    }
    // Where the text of a scalar stands that is at `mark`: one part for most, none when it cannot be told.
    [[nodiscard]] std::vector<TextPart> parts_of(const YAML::Mark& mark, std::string_view text) const {
        std::vector<TextPart> parts;
        if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= lines_.size()) return parts;
        const std::size_t start = lines_[static_cast<std::size_t>(mark.line)] + static_cast<std::size_t>(mark.column);
        std::size_t seen = 0;
        TextPart at{1, 1, {}};
        for (const Piece& piece : pieces_of(text_, std::min(start, text_.size()), text)) {
            for (; seen < piece.in_text; ++seen) {
                if (text[seen] == '\n') {
                    ++at.line;
                    at.column = 1;
                } else if (starts_character(text[seen])) {
                    ++at.column;
                }
            }
            at.where = at_offset(piece.in_file);
            parts.push_back(at);
        }
        return parts;
    }
    // YAML takes no tabs there, and yaml-cpp's message is about something else.
    [[nodiscard]] bool is_indented_by_tab(int line) const {
        const std::string_view rest = text_.substr(lines_[static_cast<std::size_t>(line) - 1]);
        const std::string_view indent = rest.substr(0, rest.find_first_not_of(" \t"));
        return indent.find('\t') != std::string_view::npos;
    }

  private:
    static bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }
    [[nodiscard]] Location at_offset(std::size_t offset, std::size_t line) const {
        const auto characters = std::count_if(text_.begin() + static_cast<std::ptrdiff_t>(lines_[line]),
                                              text_.begin() + static_cast<std::ptrdiff_t>(offset), starts_character);
        return {file_, static_cast<int>(line) + 1, static_cast<int>(characters) + 1};
    }

    std::string_view text_;
    const std::string& file_;
    std::vector<std::size_t> lines_;
};

// Builds the tree from yaml-cpp's events. One object per document.
class TreeBuilder final : public YAML::EventHandler {
  public:
    TreeBuilder(const Places& places, Problems& problems) : places_(places), problems_(problems) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (wants_key()) throw Stop{places_.at(mark), "bad_key", "a key must be text, found nothing"};
        Node node;
        // yaml-cpp gives the next token's place for a value that is not there; the key's is the one to look at.
        node.where = open_.empty() || !open_.back().has_key ? places_.at(mark) : open_.back().key.where;
        value(std::move(node), anchor, 1);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const Location where = places_.at(mark);
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end()) throw Stop{where, "alias_cycle", "an alias inside of what it names"};
        if (wants_key()) throw Stop{where, "bad_key", "a key must be text, found an alias"};
        const Anchored& anchored = known->second;
        count(anchored.size, where);
        if (open_.size() + anchored.depth > static_cast<std::size_t>(kDepthMax)) too_deep(where);
        attach(Node(anchored.node), anchored.size, anchored.depth);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        const Location where = places_.at(mark);
        const bool plain = tag == "?";
        if (!plain && tag != "!" && tag != "tag:yaml.org,2002:str") refuse_tag(tag, where);
        if (wants_key()) {
            key(where, text, plain);
            return;
        }
        Node node;
        node.where = where;
        node.text_at = where;
        node.parts = places_.parts_of(mark, text);
        if (node.parts.empty()) {
            node.parts.emplace_back();
        } else {
            node.text_at = node.parts.front().where;
            if (node.parts.size() == 1 && node.parts.front().line == 1) node.parts.clear();
        }
        node.text = text;
        node.kind = plain ? core_kind(text) : Node::Kind::string;
        node.retypable = plain;
        if (node.kind == Node::Kind::number &&
            (text.ends_with('f') || text.ends_with('F') || text.ends_with('n') || text.ends_with('N'))) {
            problems_.add(where, "bad_number", "expected a finite number, found " + text);
        }
        value(std::move(node), anchor, 1);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(Node::Kind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(Node::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

    [[nodiscard]] Node take() { return std::move(root_); }

  private:
    // A map or sequence whose end has not come yet.
    struct Open {
        Node node;
        YAML::anchor_t anchor = 0;
        std::size_t size = 1;   // values in it, itself counted
        std::size_t depth = 1;  // levels in it, itself counted
        bool has_key = false;
        bool drop_value = false;  // the key was refused: keep reading, keep nothing
        Member key;
        std::map<std::string, Location, std::less<>> seen;
    };

    struct Anchored {
        Node node;
        std::size_t size;   // values in it, itself counted
        std::size_t depth;  // levels in it; 0 for a scalar
    };

    [[nodiscard]] bool wants_key() const {
        return !open_.empty() && open_.back().node.kind == Node::Kind::map && !open_.back().has_key;
    }

    void key(const Location& where, const std::string& text, bool plain) {
        Open& map = open_.back();
        map.has_key = true;
        map.key = Member{text, where, {}};
        if (plain && text == "<<") {
            problems_.add(where, "merge_key", "merge keys (<<) are not supported",
                          "write the keys out, or alias a whole value");
            map.drop_value = true;
            map.node.broken = true;
            return;
        }
        if (const auto [first, fresh] = map.seen.emplace(text, where); !fresh) {
            problems_.add(where, "duplicate_key", "key " + quote(text) + " is here twice",
                          "first at " + first->second.to_string());
            map.drop_value = true;
        }
    }

    void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        const Location where = places_.at(mark);
        if (tag != "?" && tag != "!" && !tag.empty()) refuse_tag(tag, where);
        if (wants_key()) {
            throw Stop{
                where, "bad_key",
                kind == Node::Kind::map ? "a key must be text, found a map" : "a key must be text, found a list"};
        }
        if (open_.size() >= static_cast<std::size_t>(kDepthMax)) too_deep(where);
        count(1, where);
        Open next;
        next.node.kind = kind;
        next.node.where = where;
        next.anchor = anchor;
        open_.push_back(std::move(next));
    }

    void close() {
        Open done = std::move(open_.back());
        open_.pop_back();
        remember(done.node, done.anchor, done.size, done.depth);
        attach(std::move(done.node), done.size, done.depth);
    }

    void value(Node&& node, YAML::anchor_t anchor, std::size_t size) {
        count(size, node.where);
        remember(node, anchor, size, 0);
        attach(std::move(node), size, 0);
    }

    void remember(const Node& node, YAML::anchor_t anchor, std::size_t size, std::size_t depth) {
        if (anchor != 0) anchors_.insert_or_assign(anchor, Anchored{node, size, depth});
    }

    void attach(Node&& node, std::size_t size, std::size_t depth) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        parent.size += size;
        parent.depth = std::max(parent.depth, depth + 1);
        if (parent.node.kind == Node::Kind::sequence) {
            parent.node.items.push_back(std::move(node));
            return;
        }
        parent.has_key = false;
        if (std::exchange(parent.drop_value, false)) return;
        parent.key.value = std::move(node);
        parent.node.members.push_back(std::move(parent.key));
    }

    void count(std::size_t size, const Location& where) {
        nodes_ += size;
        if (nodes_ > kNodesMax) {
            throw Stop{where, "too_large", "more than " + std::to_string(kNodesMax) + " values with aliases expanded"};
        }
    }

    [[noreturn]] static void too_deep(const Location& where) {
        throw Stop{where, "too_deep", "nested deeper than " + std::to_string(kDepthMax) + " levels"};
    }
    void refuse_tag(const std::string& tag, const Location& where) {
        problems_.add(where, "bad_tag", "tag " + quote(tag) + " is not supported", "quote a value to make it text");
    }

    const Places& places_;
    Problems& problems_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    std::size_t nodes_ = 0;
    Node root_;
};

std::string hint_for(std::string_view yaml_message) {
    if (yaml_message == YAML::ErrorMsg::MAP_VALUE) return "quote a value that holds \": \"";
    if (yaml_message == YAML::ErrorMsg::TAB_IN_INDENTATION) return "indent with spaces";
    if (yaml_message == YAML::ErrorMsg::END_OF_MAP || yaml_message == YAML::ErrorMsg::END_OF_SEQ) {
        return "check the indentation of this line";
    }
    if (yaml_message == YAML::ErrorMsg::END_OF_MAP_FLOW) return "a } or a comma is missing";
    if (yaml_message == YAML::ErrorMsg::END_OF_SEQ_FLOW) return "a ] or a comma is missing";
    if (yaml_message == YAML::ErrorMsg::UNKNOWN_TOKEN) return "quote a value that begins with @, ` or %";
    return {};
}

// yaml-cpp takes byte 4 for the end of the input and reads on past others: refused before it sees them.
bool check_bytes(std::string_view text, const Places& places, Problems& problems) {
    const auto is_control = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
    };
    if (const auto bad = std::find_if(text.begin(), text.end(), is_control); bad != text.end()) {
        constexpr char kHex[] = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(*bad);
        problems.add(places.at_offset(static_cast<std::size_t>(bad - text.begin())), "control_character",
                     std::string("control character 0x") + kHex[byte >> 4U] + kHex[byte & 15U] + " in the file");
        return false;
    }
    if (is_utf8(text)) return true;
    std::size_t line_start = 0;  // the first line that is not UTF-8: a newline is never inside a character
    while (line_start < text.size()) {
        const std::size_t end = std::min(text.find('\n', line_start), text.size());
        if (!is_utf8(text.substr(line_start, end - line_start))) break;
        line_start = end + 1;
    }
    problems.add(places.at_offset(std::min(line_start, text.size())), "not_utf8", "the line is not UTF-8");
    return false;
}

// The edge at which yaml-cpp's exceptions end.
bool build_tree(std::string_view text, const Places& places, TreeBuilder& builder, Problems& problems) {
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) {
            problems.add(places.at_offset(0), "empty_file", "the file is empty");
            return false;
        }
        Problems ignored;
        TreeBuilder second(places, ignored);
        if (parser.HandleNextDocument(second)) {
            problems.add(second.take().where, "several_documents", "a second document in the file",
                         "one file holds one document");
        }
        return true;
    } catch (const Stop& stop) {
        problems.add(stop.where, stop.code, stop.message);
    } catch (const YAML::Exception& error) {
        const Location where = places.at(error.mark);
        const char* const format = where.file.ends_with(".json") ? "not JSON: " : "not YAML: ";
        problems.add(where, "syntax", format + error.msg,
                     places.is_indented_by_tab(where.line) ? "indent with spaces, not tabs" : hint_for(error.msg));
    } catch (const std::exception& error) {  // bad_alloc, length_error
        problems.add(places.at_offset(0), "syntax", std::string("cannot read the file: ") + error.what());
    }
    return false;
}

}  // namespace

std::optional<Node> parse_text(std::string_view text, const std::string& file, Problems& problems) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.size() > kFileBytesMax) {
        problems.add({file, 1, 1}, "too_large", "the file is larger than 4 MiB");
        return std::nullopt;
    }
    const Places places(text, file);
    if (!check_bytes(text, places, problems)) return std::nullopt;
    TreeBuilder builder(places, problems);
    if (!build_tree(text, places, builder, problems)) return std::nullopt;
    return builder.take();
}

std::optional<Node> parse_file(const std::filesystem::path& path, const Location& asked_from, Problems& problems) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        problems.add(asked_from, "no_file", "file " + quote(path.string()) + " does not exist");
        return std::nullopt;
    }
    if (!std::filesystem::is_regular_file(status)) {
        problems.add(asked_from, "no_file", quote(path.string()) + " is not a file");
        return std::nullopt;
    }
    // One byte more than allowed is enough to see that it is too large.
    const std::uintmax_t size = std::min<std::uintmax_t>(std::filesystem::file_size(path, error), kFileBytesMax + 1);
    std::ifstream in(path, std::ios::binary);
    std::string text(error ? 0 : size, '\0');
    if (error || !in || !(in.read(text.data(), static_cast<std::streamsize>(text.size())) || in.eof())) {
        problems.add(asked_from, "no_file", "file " + quote(path.string()) + " cannot be read");
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    return parse_text(text, path.string(), problems);
}

}  // namespace weir::config
