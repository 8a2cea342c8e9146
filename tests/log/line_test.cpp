// SPDX-License-Identifier: MIT
#include "log/line.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "log/flat_json.h"
#include "log/hostile.h"
#include "log/parsed.h"
#include "text/utf8.h"

namespace {

using logging::Event;
using logging::Field;
using logging::Format;
using logging::Level;
using logging::Line;
using logging::Where;

constexpr timespec kTime{.tv_sec = 1798761599, .tv_nsec = 120345678};  // 2026-12-31T23:59:59.120345678Z

std::string text_of(Format format, const std::string& message, const Where& where = {},
                    const std::vector<Field>& fields = {}, Level level = Level::warning) {
    Line line;
    const std::string_view all = render(format, {level, message, where, fields}, kTime, line);
    REQUIRE(!all.empty());
    REQUIRE(all.back() == '\n');
    REQUIRE(all.size() <= logging::kLongestLine);
    return std::string(all.substr(0, all.size() - 1));
}
std::string text_of(const std::string& message, const Where& where = {}, const std::vector<Field>& fields = {}) {
    return text_of(Format::text, message, where, fields);
}
std::string json_of(const std::string& message, const Where& where = {}, const std::vector<Field>& fields = {}) {
    return text_of(Format::json, message, where, fields);
}

}  // namespace

// ---- Text ----

TEST_CASE("a line of text is a sentence with the facts behind it") {
    CHECK(
        text_of("the worker died", {"moving_avg", "cpu", "moving_avg2"}, {{"cause", "killed by signal 9"}}) ==
        R"(udf-host: warning: the worker died algorithm=moving_avg task=cpu node=moving_avg2 cause="killed by signal 9")");
    CHECK(text_of("listening", {}, {{"port", 80}, {"share", 0.25}, {"bytes", uint64_t{1} << 40}, {"below", -1}}) ==
          "udf-host: warning: listening port=80 share=0.25 bytes=1099511627776 below=-1");
    CHECK(text_of("all is well") == "udf-host: warning: all is well");
}

TEST_CASE("a field that is empty is left out") {
    CHECK(text_of("it ended", {.algorithm = "a"}, {{"cause", ""}, {"said", std::string()}}) ==
          "udf-host: warning: it ended algorithm=a");
}

TEST_CASE("a value is in quotes only where it must be") {
    const auto value = [](std::string_view text) {
        return text_of("m", {}, {{"k", text}}).substr(std::string_view("udf-host: warning: m k=").size());
    };
    CHECK(value("plugins/foo.so+0x1a") == "plugins/foo.so+0x1a");
    CHECK(value("été") == "été");
    CHECK(value("a b") == R"("a b")");
    CHECK(value("a=b") == R"("a=b")");
    CHECK(value(R"(say "hi"\)") == R"("say \"hi\"\\")");
    CHECK(value("a\nb\r\tc") == R"("a\nb\r\tc")");
    CHECK(value(std::string("\0\x1b\x7f", 3)) == R"("\x00\x1b\x7f")");
    CHECK(value("\xff\xc2\x85") == R"("\xff\xc2\x85")");
}

TEST_CASE("a sentence is in quotes only where it could not be told from fields") {
    CHECK(text_of("option '--size=10' is unknown") == "udf-host: warning: option '--size=10' is unknown");
    CHECK(text_of("got size=10") == R"(udf-host: warning: "got size=10")");
    CHECK(text_of("two\nlines") == R"(udf-host: warning: "two\nlines")");
    CHECK(text_of(R"("quoted")") == R"(udf-host: warning: "\"quoted\"")");
}

TEST_CASE("what is too long is cut, and whom it is about stays") {
    const std::string line = text_of(std::string(100'000, 'm'), {"algo", "task", "node"},
                                     {{"cause", std::string(100'000, '\n')}, {"last", "x"}});
    const auto parsed = logging::parse(line);
    REQUIRE(parsed);
    CHECK(parsed->message.ends_with("m…"));
    CHECK(parsed->field("node") == "node");
    CHECK(parsed->field("cause").ends_with("\n…"));
    // It is not cut in the middle of a character.
    CHECK(text::find_bad_utf8(text_of("m", {}, {{"k", "x" + std::string(20'000, '\xc3') + "é"}})) == std::string::npos);
    std::string wide;
    for (int i = 0; i < 10'000; ++i) wide += "日";
    for (const std::string before : {"", "x", "xx"})
        CHECK(text::find_bad_utf8(text_of(before + wide)) == std::string::npos);
}

TEST_CASE("any line of text can be read back") {
    CHECK(rc::check([] {
        const auto message = *hostile::text(), task = (*hostile::text()).substr(0, 40), cause = *hostile::text();
        const auto number = *rc::gen::arbitrary<int64_t>();
        const std::string line = text_of(message, {.algorithm = "a", .task = task}, {{"cause", cause}, {"n", number}});
        RC_ASSERT(line.find('\n') == std::string::npos);
        RC_ASSERT(text::find_bad_utf8(line) == std::string::npos);
        const auto parsed = logging::parse(line);
        RC_ASSERT(parsed);
        RC_ASSERT(parsed->level == Level::warning);
        RC_ASSERT(parsed->message == message);
        RC_ASSERT(parsed->field("algorithm") == "a");
        RC_ASSERT(parsed->field("task") == task);
        RC_ASSERT(parsed->field("cause") == cause);
        RC_ASSERT(parsed->field("n") == std::to_string(number));
    }));
}

// ---- JSON ----

TEST_CASE("a line of JSON is an object with the time") {
    CHECK(json_of("the worker died", {"moving_avg", "cpu", "moving_avg2"},
                  {{"cause", "it\tsaid \"no\""}, {"restart", 2}}) ==
          R"({"time":"2026-12-31T23:59:59.120345Z","level":"warning","message":"the worker died",)"
          R"("algorithm":"moving_avg","task":"cpu","node":"moving_avg2","cause":"it\tsaid \"no\"","restart":2})");
}

TEST_CASE("numbers that JSON does not know are texts") {
    const auto line = nlohmann::json::parse(json_of("m", {},
                                                    {{"a", std::nan("")},
                                                     {"b", std::numeric_limits<double>::infinity()},
                                                     {"c", -std::numeric_limits<double>::infinity()},
                                                     {"d", 1e300}}));
    CHECK(line["a"] == "nan");
    CHECK(line["b"] == "inf");
    CHECK(line["c"] == "-inf");
    CHECK(line["d"] == 1e300);
}

TEST_CASE("any line of JSON parses, and holds what was said") {
    CHECK(rc::check([] {
        const auto message = *hostile::text(), node = (*hostile::text()).substr(0, 40), cause = *hostile::text();
        const auto number = *rc::gen::arbitrary<int64_t>();
        const std::string line = json_of(message, {.node = node}, {{"cause", cause}, {"n", number}});
        RC_ASSERT(line.find('\n') == std::string::npos);
        const auto object = nlohmann::json::parse(line);
        RC_ASSERT(object["message"] == text::replace_bad_utf8(message));
        RC_ASSERT(object.value("node", "") == text::replace_bad_utf8(node));
        RC_ASSERT(object.value("cause", "") == text::replace_bad_utf8(cause));
        RC_ASSERT(object["n"] == number);
        const auto parsed = logging::parse(line);  // our own reader takes it for ours, and reads the same
        RC_ASSERT(parsed);
        RC_ASSERT(parsed->message == text::replace_bad_utf8(message));
        RC_ASSERT(parsed->field("cause") == text::replace_bad_utf8(cause));
    }));
}

TEST_CASE("JSON that is cut parses") {
    for (const char* unit : {"m", "\n", "\"", "\x01", "\xff", "日"}) {
        std::string much;
        for (int i = 0; i < 20'000; ++i) much += unit;
        const auto object = nlohmann::json::parse(json_of(much, {much, much, much}, {{"cause", much}, {"more", much}}));
        CHECK(object["message"].get<std::string>().ends_with("…"));
        CHECK(object["node"].get<std::string>().ends_with("…"));
    }
}

TEST_CASE("the time is that of the calendar") {
    const auto date = [](int64_t second) {
        Line line;
        const std::string_view all =
            render(Format::json, {Level::info, "m", {}}, {.tv_sec = second, .tv_nsec = 0}, line);
        return std::string(all.substr(9, 10));
    };
    CHECK(date(0) == "1970-01-01");
    CHECK(date(-1) == "1969-12-31");
    CHECK(date(951782399) == "2000-02-28");
    CHECK(date(951782400) == "2000-02-29");
    CHECK(date(951868800) == "2000-03-01");
    CHECK(date(4107542399) == "2100-02-28");
    CHECK(date(4107542400) == "2100-03-01");
}

// ---- Raw lines ----

TEST_CASE("what is no line of the log becomes one in JSON, whatever it is") {
    CHECK(rc::check([] {
        const auto raw = *hostile::text();
        logging::WrappedLine into;
        const std::string line(logging::wrap_in_json(raw, kTime, into));
        RC_ASSERT(line.ends_with('\n'));
        RC_ASSERT(line.find('\n') == line.size() - 1);
        const auto object = nlohmann::json::parse(line);
        RC_ASSERT(object["message"] == text::replace_bad_utf8(raw));
        RC_ASSERT(object["source"] == "stderr");
        RC_ASSERT(object["level"] == "info");
        RC_ASSERT(object["time"] == "2026-12-31T23:59:59.120345Z");
    }));
    const std::string worst(logging::kLongestLine, '\x01');
    logging::WrappedLine into;
    const auto object = nlohmann::json::parse(logging::wrap_in_json(worst, kTime, into));
    CHECK(object["message"] == worst);
    CHECK(object["source"] == "stderr");
}

TEST_CASE("only what parses passes for a line of the log") {
    const std::string good = json_of("a", {"b", "c", "d"}, {{"n", -1.5}, {"e", "\x01é"}});
    CHECK(logging::is_json_line(good));
    for (const std::string& bad :
         {good + " ", " " + good, good.substr(0, good.size() - 1), good + good, std::string("{\"time\":\"\"}x"),
          std::string("{\"time\":\"\",}"), std::string("{\"time\":\"\",\"a\":tru}"),
          std::string("{\"time\":\"\",\"a\":01}"), std::string("{\"time\":\"\",\"a\":1.}"),
          std::string("{\"time\":\"\",\"a\":-}"), std::string("{\"time\":\"\\x41\"}"),
          std::string("{\"time\":\"\\ud800\"}"), std::string("{\"time\":\"\xff\"}"), std::string("{\"time\":\"\x01\"}"),
          std::string("{\"time\":\"a"), std::string("{\"time\":\"a\\"), std::string("{\"level\":\"a\"}"),
          std::string()}) {
        CAPTURE(bad);
        CHECK_FALSE(logging::is_json_line(bad));
    }
    CHECK(rc::check([good] {  // whatever is taken for one parses
        std::string line = good;
        const auto at = *rc::gen::inRange<size_t>(0, line.size());
        line.replace(at, *rc::gen::inRange<size_t>(0, 3), *hostile::text());
        if (logging::is_json_line(line)) RC_ASSERT(nlohmann::json::accept(line));
    }));
}

// ---- The journal ----

TEST_CASE("an event for the journal has its facts both as fields and in MESSAGE") {
    logging::Datagram into;
    const std::vector<Field> fields{{"cause", "two\nlines"}, {"restart", 2}, {"said", ""}};
    const Where where{"moving_avg", "cpu", "n"};
    const std::string all(logging::render_datagram({Level::error, "the worker died", where, fields}, into));
    using namespace std::string_literals;
    CHECK(all ==
          "MESSAGE=the worker died algorithm=moving_avg task=cpu node=n cause=\"two\\nlines\" restart=2\n"
          "PRIORITY=3\nSYSLOG_IDENTIFIER=udf-host\n"
          "UDF_HOST_ALGORITHM=moving_avg\nUDF_HOST_TASK=cpu\nUDF_HOST_NODE=n\n"
          "UDF_HOST_CAUSE\n\x09\0\0\0\0\0\0\0two\nlines\nUDF_HOST_RESTART=2\n"s);
}

TEST_CASE("an event for the journal is well formed, whatever is in it and however much") {
    CHECK(rc::check([] {
        std::string message = *hostile::text(), cause = *hostile::text();
        if (*rc::gen::arbitrary<bool>()) {
            cause += std::string(30'000, '\n');
            message += std::string(30'000, 'x');
        }
        logging::Datagram into;
        const std::vector<Field> fields{{"cause", cause}, {"more", cause}};
        std::string_view rest = logging::render_datagram({Level::info, message, {}, fields}, into);
        bool has_priority = false;
        while (!rest.empty()) {
            const size_t end = rest.find_first_of("=\n");
            RC_ASSERT(end != rest.npos);
            RC_ASSERT(end != 0u);
            const std::string_view key = rest.substr(0, end);
            RC_ASSERT(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == key.npos);
            has_priority |= rest.starts_with("PRIORITY=6\n");
            size_t size = 0;
            if (rest[end] == '=') {
                size = rest.find('\n', end) - end - 1;
                rest.remove_prefix(end + 1);
            } else {
                for (int i = 0; i < 8; ++i)
                    size |= static_cast<size_t>(static_cast<uint8_t>(rest[end + 1 + i])) << (8 * i);
                rest.remove_prefix(end + 9);
            }
            RC_ASSERT(size < rest.size());
            RC_ASSERT(rest[size] == '\n');
            rest.remove_prefix(size + 1);
        }
        RC_ASSERT(has_priority);
    }));
}
