#include "runtime/http/request.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace weir::http {

namespace {

// A claimed length is not memory yet: more is taken as bytes arrive.
constexpr std::uint64_t kBodyReserveMax = 1u << 20;
// What a connection keeps between requests.
constexpr std::size_t kBodyKeepMax = 1u << 20;

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

void Request::clear() {
    text_.clear();
    fields_.clear();
    attributes_.clear();
    method_ = path_ = query_ = {};
    has_query_ = false;
    body.clear();
    if (body.capacity() > kBodyKeepMax) body.shrink_to_fit();
}

std::string_view Request::header(std::string_view name) const {
    for (const Field& field : fields_) {
        if (view(field.name) == name) return view(field.value);
    }
    return {};
}

std::size_t Request::header_count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(fields_.begin(), fields_.end(), [&](const Field& field) { return view(field.name) == name; }));
}

const std::vector<weir_attr>& Request::attributes() {
    attributes_.clear();
    for (const Field& field : fields_) {
        const std::string_view name = view(field.name);
        const std::string_view value = view(field.value);
        attributes_.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    }
    return attributes_;
}

Request::Span Request::keep(std::string_view text) {
    const Span span{static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(text.size())};
    text_.append(text);
    return span;
}

// RFC 9112 section 3.2: origin-form, or absolute-form, whose authority we do not route by.
void Request::set_target(std::string_view target) {
    if (!target.starts_with('/')) {
        if (const auto scheme = target.find("://"); scheme != std::string_view::npos) {
            const auto path = target.find_first_of("/?", scheme + 3);
            target = path == std::string_view::npos ? "/" : target.substr(path);
        }
    }
    const auto question = target.find('?');
    path_ = keep(target.substr(0, question));
    has_query_ = question != std::string_view::npos;
    if (has_query_) query_ = keep(target.substr(question + 1));
}

RequestParser::RequestParser(Request& request, std::uint32_t header_bytes_max, std::uint32_t header_count_max)
    : request_(request), header_bytes_max_(header_bytes_max), header_count_max_(header_count_max) {
    header_limit(header_bytes_max);
    body_limit(boost::none);  // limit_body() decides once the path is known
}

void RequestParser::on_request_impl(boost::beast::http::verb, View method, View target, int, ErrorCode&) {
    request_.method_ = request_.keep(method);
    request_.set_target(target);
}

void RequestParser::on_field_impl(boost::beast::http::field, View name, View value, ErrorCode& error) {
    // Fields after the body are trailers: they must not be able to change what the header said.
    if (header_done_) return;
    // Beast's own limit starts again with every read, so a slow sender could pass it.
    const bool too_much = request_.text_.size() + name.size() + value.size() > header_bytes_max_;
    if (too_much || request_.fields_.size() >= header_count_max_) {
        error = boost::beast::http::error::header_limit;
        return;
    }
    const Request::Span kept = request_.keep(name);
    const auto begin = request_.text_.begin() + kept.offset;
    std::transform(begin, begin + kept.size, begin, to_lower);
    request_.fields_.push_back({kept, request_.keep(value)});
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& content_length, ErrorCode& error) {
    if (!content_length) return;
    if (*content_length > body_max_) {
        error = boost::beast::http::error::body_limit;
        return;
    }
    request_.body.reserve(static_cast<std::size_t>(std::min(*content_length, kBodyReserveMax)));
}

std::size_t RequestParser::on_body_impl(View body, ErrorCode& error) {
    if (body.size() > body_max_ - request_.body.size()) {
        error = boost::beast::http::error::body_limit;
        return 0;
    }
    request_.body.append(body);
    return body.size();
}

}  // namespace weir::http
