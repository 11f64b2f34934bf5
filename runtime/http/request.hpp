// One HTTP/1.x request as it is read: header fields and body in buffers that the connection uses again.
#pragma once

#include <weir/http_listener.h>

#include <boost/beast/http/basic_parser.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::http {

// Header text lies in one string; views are made only once the header is complete, when it no longer moves.
class Request {
  public:
    void clear();

    [[nodiscard]] std::string_view method() const { return view(method_); }
    [[nodiscard]] std::string_view path() const { return view(path_); }
    [[nodiscard]] std::string_view query() const { return view(query_); }
    [[nodiscard]] bool has_query() const noexcept { return has_query_; }
    [[nodiscard]] bool head() const { return method() == "HEAD"; }
    // The first field of this (lower-case) name; empty when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const;
    [[nodiscard]] std::size_t header_count(std::string_view name) const;
    // Valid until the next clear().
    [[nodiscard]] const std::vector<weir_attr>& attributes();

    std::string body;

  private:
    friend class RequestParser;
    struct Span {
        std::uint32_t offset = 0;
        std::uint32_t size = 0;
    };
    struct Field {
        Span name;
        Span value;
    };
    [[nodiscard]] std::string_view view(Span span) const {
        return std::string_view(text_).substr(span.offset, span.size);
    }
    Span keep(std::string_view text);
    void set_target(std::string_view target);

    std::string text_;
    Span method_, path_, query_;
    bool has_query_ = false;
    std::vector<Field> fields_;
    std::vector<weir_attr> attributes_;
};

// Beast's parser over a Request. `http::error::header_limit` and `body_limit` when a limit is passed.
class RequestParser final : public boost::beast::http::basic_parser<true> {
  public:
    RequestParser(Request& request, std::uint32_t header_bytes_max, std::uint32_t header_count_max);
    // Before the body is parsed; the header has told who will get it.
    void limit_body(std::uint64_t bytes) noexcept { body_max_ = bytes; }

  private:
    using ErrorCode = boost::beast::error_code;
    using View = boost::beast::string_view;
    void on_request_impl(boost::beast::http::verb, View method, View target, int version, ErrorCode&) override;
    void on_response_impl(int, View, int, ErrorCode&) override {}
    void on_field_impl(boost::beast::http::field, View name, View value, ErrorCode&) override;
    void on_header_impl(ErrorCode&) override { header_done_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& content_length, ErrorCode&) override;
    std::size_t on_body_impl(View body, ErrorCode&) override;
    void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode& error) override {
        return on_body_impl(body, error);
    }
    void on_finish_impl(ErrorCode&) override {}

    Request& request_;
    std::uint32_t header_bytes_max_;
    std::uint32_t header_count_max_;
    std::uint64_t body_max_ = 0;
    bool header_done_ = false;
};

}  // namespace weir::http
