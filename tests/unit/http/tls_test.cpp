// Server and client over TLS, with certificates made for the test.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "runtime/http/client.hpp"
#include "runtime/http/server.hpp"

namespace weir::http {
namespace {

struct File {
    explicit File(const std::string& path) : handle(std::fopen(path.c_str(), "w")) {}
    ~File() { std::fclose(handle); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    std::FILE* handle;
};

// A self-signed certificate for `name` ("DNS:localhost", "IP:127.0.0.1") and its key, as PEM files.
struct Identity {
    Identity(const std::filesystem::path& folder, const std::string& file, const char* name)
        : certificate(folder / (file + ".crt")), key(folder / (file + ".key")) {
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"), EVP_PKEY_free);
        const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
        X509_set_version(x509.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(x509.get()), -60);
        X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
        X509_set_pubkey(x509.get(), pair.get());
        X509_NAME* subject = X509_get_subject_name(x509.get());
        const auto* common = reinterpret_cast<const unsigned char*>("weir test");
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common, -1, -1, 0);
        X509_set_issuer_name(x509.get(), subject);
        X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name);
        X509_add_ext(x509.get(), names, -1);
        X509_EXTENSION_free(names);
        X509_sign(x509.get(), pair.get(), EVP_sha256());
        PEM_write_X509(File(certificate).handle, x509.get());
        PEM_write_PrivateKey(File(key).handle, pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
    }
    std::string certificate;
    std::string key;
};

class TlsTest : public testing::Test {
  protected:
    TlsTest() : folder_(std::filesystem::path(testing::TempDir()) / "weir_tls") {
        std::filesystem::create_directories(folder_);
    }
    ~TlsTest() override { std::filesystem::remove_all(folder_); }

    void serve(const Identity& identity) {
        ServerOptions options;
        options.listen = "127.0.0.1:0";
        options.tls_certificate = identity.certificate;
        options.tls_key = identity.key;
        auto started = Server::start(options);
        ASSERT_TRUE(started) << started.error().message;
        server_ = std::move(*started);
        const weir_http_endpoint endpoint{sizeof endpoint,
                                          0,
                                          {"/e", 2},
                                          0,
                                          [](void* arg, const weir_http_incoming* request) noexcept {
                                              const auto* service = static_cast<const weir_svc_http_listener*>(arg);
                                              const weir_http_reply reply{sizeof reply, 202, nullptr, 0, 0,
                                                                          request->body};
                                              service->respond(service, request->id, &reply);
                                          },
                                          const_cast<weir_svc_http_listener*>(server_->service())};
        std::uint64_t number = 0;
        ASSERT_EQ(server_->service()->listen(server_->service(), nullptr, &endpoint, &number, nullptr), WEIR_OK);
    }
    // Status, or the error's code.
    std::string post(const std::string& host, const std::string& ca_file, const std::string& body = "hello") {
        ClientOptions options;
        options.clock = &clock_;
        options.ca_file = ca_file;
        auto client = std::move(Client::start(options)).value();
        const std::string url = "https://" + host + ":" + std::to_string(server_->port()) + "/e";
        weir_http_request request{};
        request.method = {"POST", 4};
        request.url = {url.data(), url.size()};
        request.body = {body.data(), body.size()};
        request.response_max = body.size();
        std::string outcome;
        for (int i = 0; i < 2; ++i) {  // the second goes over the kept connection
            weir_http_exchange* raw = nullptr;
            client->service()->exchange(client->service(), nullptr, nullptr, &request, sizeof request, 1, 1, &raw,
                                        nullptr);
            const weir_http_result* result = client->service()->result(raw, 0);
            outcome = result->status != 0 ? std::to_string(result->status)
                                          : std::string(result->error_code.data, result->error_code.size);
            if (result->status != 0) {
                EXPECT_EQ(std::string_view(result->body.data, result->body.size), body);
            } else {
                EXPECT_EQ(result->sent, std::uint32_t{WEIR_HTTP_SENT_NOTHING});
            }
            client->service()->release(raw);
        }
        return outcome;
    }

    std::filesystem::path folder_;
    SystemClock clock_;
    std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, carries_requests) {
    const Identity identity(folder_, "server", "IP:127.0.0.1");
    serve(identity);
    EXPECT_EQ(post("127.0.0.1", identity.certificate), "202");
    EXPECT_EQ(post("127.0.0.1", identity.certificate, std::string(3u << 20, 'x')), "202");
}

TEST_F(TlsTest, refuses_a_certificate_nobody_vouches_for) {
    serve(Identity(folder_, "server", "IP:127.0.0.1"));
    EXPECT_EQ(post("127.0.0.1", Identity(folder_, "other", "IP:127.0.0.1").certificate), "HTTP_TLS");
}

TEST_F(TlsTest, refuses_a_certificate_of_another_name) {
    const Identity identity(folder_, "server", "DNS:example.com");
    serve(identity);
    EXPECT_EQ(post("127.0.0.1", identity.certificate), "HTTP_TLS");
}

TEST_F(TlsTest, names_the_file_it_cannot_use) {
    const Identity one(folder_, "one", "IP:127.0.0.1");
    const Identity two(folder_, "two", "IP:127.0.0.1");
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.tls_certificate = one.certificate;
    options.tls_key = two.key;
    EXPECT_FALSE(Server::start(options));
    options.tls_key = "/nowhere.key";
    const auto missing = Server::start(options);
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("/nowhere.key"), std::string::npos);
}

}  // namespace
}  // namespace weir::http
