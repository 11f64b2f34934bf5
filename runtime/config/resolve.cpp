#include "runtime/config/resolve.hpp"

#include <algorithm>
#include <cctype>

namespace weir::config {
namespace {

bool is_variable_name(std::string_view name) noexcept {
    const auto allowed = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
           std::all_of(name.begin(), name.end(), allowed);
}

class Resolver {
  public:
    Resolver(const std::filesystem::path& folder, const Environment& environment,
             std::map<std::string, std::string>& secret_files, Problems& problems)
        : folder_(folder), environment_(environment), secret_files_(secret_files), problems_(problems) {}

    void visit(Node& node) {
        for (Node& item : node.items) visit(item);
        for (Member& member : node.members) visit(member.value);
        if (node.kind == Node::Kind::string && node.text.find("${") != std::string::npos) {
            node.broken = !resolve(node);
        }
    }

  private:
    // False after adding a problem.
    bool resolve(Node& node) {
        const std::string written = node.text;
        std::string out;
        std::size_t references = 0;
        bool whole = false;
        for (std::size_t at = 0; at < written.size();) {
            const std::size_t dollar = written.find("${", at);
            if (dollar == std::string::npos) {
                out.append(written, at);
                break;
            }
            if (dollar > at && written[dollar - 1] == '$') {
                out.append(written, at, dollar - 1 - at).append("${");
                at = dollar + 2;
                continue;
            }
            const std::size_t end = written.find('}', dollar);
            if (end == std::string::npos) {
                problems_.add(node.where, "bad_reference", "no } after ${ in " + quote(written),
                              "write $${ for a literal ${");
                return false;
            }
            out.append(written, at, dollar - at);
            whole = dollar == 0 && end + 1 == written.size();
            if (!replace(node, std::string_view(written).substr(dollar + 2, end - dollar - 2), whole, out))
                return false;
            ++references;
            at = end + 1;
        }
        node.text = out;
        if (references > 0) node.reference = written;
        if (!whole) node.retypable = false;
        return true;
    }

    // One ${body}; appends to `out` or makes the node a secret. False after adding a problem.
    bool replace(Node& node, std::string_view body, bool whole, std::string& out) {
        const std::size_t colon = body.find(':');
        const std::string_view kind = body.substr(0, colon);
        const std::string_view rest = colon == std::string_view::npos ? "" : body.substr(colon + 1);
        if (kind == "env") return replace_variable(node, rest, whole, out);
        if (kind == "secret") return replace_secret(node, rest, whole);
        problems_.add(node.where, "bad_reference", "unknown reference " + quote("${" + std::string(body) + "}"),
                      "there is ${env:NAME} and ${secret:file:PATH}; write $${ for a literal ${");
        return false;
    }

    bool replace_variable(Node& node, std::string_view rest, bool whole, std::string& out) {
        const std::size_t dash = rest.find(":-");
        const std::string_view name = rest.substr(0, dash);
        if (!is_variable_name(name)) {
            problems_.add(node.where, "bad_reference",
                          "expected the name of a variable after ${env:, found " + quote(name));
            return false;
        }
        const std::optional<std::string> value = environment_ ? environment_(name) : std::nullopt;
        const bool has_default = dash != std::string_view::npos;
        if (!value && !has_default) {
            problems_.add(node.where, "missing_env", "environment variable " + quote(name) + " is not set",
                          "set it, or write ${env:" + std::string(name) + ":-default}");
            return false;
        }
        if (whole && !has_default) node.env_secret = "env:" + std::string(name);
        out += has_default && (!value || value->empty()) ? std::string(rest.substr(dash + 2)) : *value;
        return true;
    }

    bool replace_secret(Node& node, std::string_view rest, bool whole) {
        if (!whole) {
            problems_.add(node.where, "bad_reference", "a secret must be the whole value, found text around it");
            return false;
        }
        if (!rest.starts_with("file:") || rest.size() == 5) {
            problems_.add(node.where, "bad_reference", "expected ${secret:file:PATH}, found " + quote(node.text));
            return false;
        }
        const std::filesystem::path file = absolute_path(folder_, rest.substr(5));
        std::error_code error;
        if (!std::filesystem::is_regular_file(file, error)) {
            problems_.add(node.where, "missing_secret", "secret file " + quote(rest.substr(5)) + " does not exist",
                          "relative paths start from the folder of this file");
            return false;
        }
        node.secret = "file:" + file.string();
        secret_files_[node.secret] = file.string();
        return true;
    }

    const std::filesystem::path& folder_;
    const Environment& environment_;
    std::map<std::string, std::string>& secret_files_;
    Problems& problems_;
};

}  // namespace

void resolve_references(Node& root, const std::filesystem::path& folder, const Environment& environment,
                        std::map<std::string, std::string>& secret_files, Problems& problems) {
    Resolver(folder, environment, secret_files, problems).visit(root);
}

std::filesystem::path absolute_path(const std::filesystem::path& folder, std::string_view path) {
    std::error_code error;
    const std::filesystem::path joined = folder / std::filesystem::path(path);
    const std::filesystem::path absolute = std::filesystem::absolute(joined, error);
    return (error ? joined : absolute).lexically_normal();
}

}  // namespace weir::config
