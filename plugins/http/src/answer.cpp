#include "answer.hpp"

#include "json_scan.hpp"

namespace http_plugin {

namespace {

void append_items(std::string& out, const std::vector<ItemNote>& notes) {
    out += "\"items\":[";
    for (const ItemNote& note : notes) {
        if (out.back() == '}') out += ',';
        out += "{\"index\":" + std::to_string(note.index) + ",\"status\":\"";
        out += note.status;
        out += '"';
        if (!note.code.empty()) {
            out += ",\"code\":";
            append_json(out, note.code);
        }
        if (!note.detail.empty()) {
            out += ",\"detail\":";
            append_json(out, note.detail);
        }
        out += '}';
    }
    out += ']';
}

std::string_view title_of(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 405:
            return "Method Not Allowed";
        case 409:
            return "Conflict";
        case 411:
            return "Length Required";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 503:
            return "Service Unavailable";
        default:
            return "Error";
    }
}

}  // namespace

std::string tally_json(const Tally& tally, const std::vector<ItemNote>& notes) {
    std::string out = "{\"accepted\":" + std::to_string(tally.accepted);
    out += ",\"duplicates\":" + std::to_string(tally.duplicates);
    out += ",\"held\":" + std::to_string(tally.held);
    out += ",\"rejected\":" + std::to_string(tally.rejected) + ',';
    append_items(out, notes);
    return out += '}';
}

std::string problem_json(int status, std::string_view code, std::string_view detail,
                         const std::vector<ItemNote>& notes) {
    std::string out = R"({"type":"about:blank","title":")";
    out += title_of(status);
    out += R"(","status":)" + std::to_string(status) + R"(,"detail":)";
    append_json(out, detail);
    out += R"(,"code":)";
    append_json(out, code);
    if (!notes.empty()) {
        out += ',';
        append_items(out, notes);
    }
    return out += '}';
}

}  // namespace http_plugin
