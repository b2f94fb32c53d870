#include "common/http/request.h"

#include <string>

#include <gtest/gtest.h>

#include "common/http/response.h"

namespace vip::http {
namespace {

Request read(std::string_view text) {
  const auto reading = read_request(text);
  EXPECT_TRUE(reading.request) << text << ": " << reading.refusal;
  return reading.request.value_or(Request{});
}

TEST(HttpRequest, HasPathQueryAndTheHeadersThatMatter) {
  const auto request = read(
      "GET /api/state?known=17&a=%20 HTTP/1.1\r\nHost: n1:9112\r\nUser-Agent: x\r\nAUTHORIZATION:  Bearer "
      "abc \r\n"
      "cookie: a=b; c=d\r\n\r\n");
  EXPECT_EQ(request.path, "/api/state");
  EXPECT_EQ(request.query, "known=17&a=%20");
  EXPECT_EQ(request.host, "n1:9112");
  EXPECT_EQ(request.authorization, "Bearer abc");
  EXPECT_EQ(request.cookie, "a=b; c=d");
  EXPECT_FALSE(request.head_only);
}

TEST(HttpRequest, OfEveryKindThatIsServed) {
  EXPECT_TRUE(read("HEAD / HTTP/1.1\r\n\r\n").head_only);
  EXPECT_EQ(read("GET /status HTTP/1.0\r\n\r\n").path, "/status");
  EXPECT_EQ(read("GET /status HTTP/1.0\n\n").path, "/status") << "RFC 9112, 2.2";
  EXPECT_EQ(read("GET http://n1:9112/status?x HTTP/1.1\r\n\r\n").path, "/status") << "RFC 9112, 3.2.2";
  EXPECT_EQ(read("GET http://n1 HTTP/1.1\r\n\r\n").path, "/");
  EXPECT_EQ(read("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\nwhatever follows").path, "/");
}

// It waits for the rest of what may become a request, and at every byte.
TEST(HttpRequest, ComesInPieces) {
  const std::string whole = "GET /status HTTP/1.1\r\nHost: n1\r\nCookie: a\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto reading = read_request(std::string_view(whole).substr(0, size));
    EXPECT_FALSE(reading.request) << size;
    EXPECT_EQ(reading.refusal, 0) << size;
  }
  EXPECT_TRUE(read_request(whole).request);
}

struct Refused {
  std::string text;
  int status;
};

TEST(HttpRequest, WhatIsOddHasAClearEnd) {
  const std::vector<Refused> rows{
      {"POST /status HTTP/1.1\r\n", kMethodNotAllowed},
      {"DELETE / HTTP/1.1\r\n", kMethodNotAllowed},
      {"get / HTTP/1.1\r\n", kMethodNotAllowed},
      {"PRI * HTTP/2.0\r\n", kVersionNotSupported},
      {"GET / HTTP/0.9\r\n", kVersionNotSupported},
      {"GET / HTTP/1.10\r\n", kVersionNotSupported},
      {"GET /status\r\n", kBadRequest},  // HTTP/0.9
      {"GET\r\n", kBadRequest},
      {"\r\n", kBadRequest},
      {"GET  / HTTP/1.1\r\n", kBadRequest},
      {"GET / / HTTP/1.1\r\n", kBadRequest},
      {"GET status HTTP/1.1\r\n", kBadRequest},
      {"GET /\x01 HTTP/1.1\r\n", kBadRequest},
      {std::string("\x16\x03\x01\x02\x00\x01", 6), kBadRequest},  // TLS, of which no end of line would come
      {"GET / HTTP/1.1\r\nHost : n1\r\n", kBadRequest},
      {"GET / HTTP/1.1\r\n folded\r\n", kBadRequest},
      {"GET / HTTP/1.1\r\nnonsense\r\n", kBadRequest},
      {"GET / HTTP/1.1\r\n: empty\r\n", kBadRequest},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", kBadRequest},
      {"GET / HTTP/1.1\r\nA: \x01\r\n", kBadRequest},
      {"GET / HTTP/1.1\r\nContent-Length: 5\r\n", kContentTooLarge},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", kContentTooLarge},
      {"GET /" + std::string(kRequestMax, 'a'), kHeadersTooLarge},
      {"GET / HTTP/1.1\r\nA: " + std::string(kRequestMax, 'a'), kHeadersTooLarge},
  };
  for (const auto& row : rows) {
    const auto reading = read_request(row.text);
    EXPECT_FALSE(reading.request) << row.text;
    EXPECT_EQ(reading.refusal, row.status) << row.text.substr(0, 60);
  }
}

TEST(HttpResponse, SaysHowLongItIsAndThatTheConnectionEnds) {
  const Response response{.status = kUnauthorized, .content_type = "application/json", .body = "{}"};
  EXPECT_EQ(encode(response, /*head_only=*/false),
            "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n{}");
  EXPECT_TRUE(encode(response, /*head_only=*/true)
                  .ends_with("Content-Length: 2\r\nCache-Control: no-store\r\n"
                             "Connection: close\r\n\r\n"));
}

TEST(HttpResponse, HasTheHeadersOfItsMaker) {
  const auto text = encode({.headers = {{"Cache-Control", "max-age=60"}, {"X-A", "b"}}}, /*head_only=*/false);
  EXPECT_NE(text.find("Cache-Control: max-age=60\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("X-A: b\r\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("no-store"), std::string::npos) << text;
  EXPECT_NE(encode(bare_response(kMethodNotAllowed), false).find("Allow: GET, HEAD\r\n"), std::string::npos);
}

}  // namespace
}  // namespace vip::http
