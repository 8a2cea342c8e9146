// SPDX-License-Identifier: MIT
#include "client/printer.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "client/points.h"

using namespace client;

namespace {

// A printer whose text is caught before it is written.
struct Printed {
    explicit Printed(const char* format) : printer(make_printer(format, out)) {}

    void point(const pb::Point& point) {
        pb::Response response;
        *response.mutable_point() = point;
        printer->print(std::move(response));
    }
    void point(std::string_view line) { point(client::point(line)); }
    void begin(std::string_view name) {
        pb::Response response;
        response.mutable_begin()->set_name(std::string(name));
        response.mutable_begin()->set_group("host=a");
        response.mutable_begin()->mutable_tags()->insert({"host", "a"});
        response.mutable_begin()->set_size(1);
        printer->print(std::move(response));
    }
    void end(int64_t tmax) {
        pb::Response response;
        response.mutable_end()->set_name("m");
        response.mutable_end()->set_group("host=a");
        response.mutable_end()->set_tmax(tmax);
        printer->print(std::move(response));
    }
    std::string text() { return std::exchange(out.buffer(), {}); }
    std::string all() {
        wire::unique_fd file(::memfd_create("printed", MFD_CLOEXEC));
        OutputFile to(file.get(), "memory");
        std::swap(out, to);
        printer->flush();
        std::swap(out, to);
        std::string text(static_cast<size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
        REQUIRE(::pread(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
        return text;
    }

    OutputFile out{-1, "memory"};
    std::unique_ptr<Printer> printer;
};

pb::Point nameless(std::string_view line) {
    pb::Point p = point(line);
    p.clear_name();
    return p;
}

}  // namespace

TEST_CASE("line prints line protocol") {
    Printed printed("line");
    printed.point("m,b=1,a=2 v=1.0,w=2i 5");
    CHECK(printed.text() == "m,a=2,b=1 v=1,w=2i 5\n");
}

TEST_CASE("points of a batch are printed with its name and tags beside their own") {
    Printed printed("line");
    printed.begin("m");
    printed.point(nameless("x,cpu=0 v=1 5"));
    printed.point(nameless("x,host=b v=2 6"));
    printed.end(10);
    printed.point(nameless("x v=3 7"));
    CHECK(printed.text() == "m,cpu=0,host=a v=1 5\nm,host=b v=2 6\n# no line protocol, it has no name:  v=3 7\n");
}

TEST_CASE("a point that line protocol cannot hold is a comment on one line") {
    Printed printed("line");
    pb::Point p = point("m s=\"a\nb\" 5");
    (*p.mutable_fieldsdouble())["v"] = std::numeric_limits<double>::quiet_NaN();
    printed.point(p);
    CHECK(printed.text() == "# no line protocol, it holds a NaN or an infinity: m s=\"a b\",v=nan 5\n");
}

TEST_CASE("json prints one object a line and keeps types apart") {
    Printed printed("json");
    printed.point("m,a=2 f=1.0,i=1i,b=true,s=\"x\ny\" 5");
    CHECK(printed.text() == R"({"time":5,"name":"m","group":"","tags":{"a":"2"},)"
                            R"("fields":{"b":true,"f":1.0,"i":1,"s":"x\ny"}})"
                            "\n");
}

TEST_CASE("json shows where batches begin and end") {
    Printed printed("json");
    printed.begin("m");
    printed.point(nameless("x v=1 5"));
    printed.end(10);
    CHECK(printed.text() == R"({"begin":{"name":"m","group":"host=a","tags":{"host":"a"},"size":1}})"
                            "\n"
                            R"({"time":5,"name":"m","group":"","tags":{"host":"a"},"fields":{"v":1.0}})"
                            "\n"
                            R"({"end":{"name":"m","group":"host=a","tags":{},"tmax":10}})"
                            "\n");
}

TEST_CASE("an unknown output is refused with those that exist") {
    OutputFile out(-1, "memory");
    CHECK_THROWS_WITH(make_printer("xml", out), "unknown output 'xml': line, json or table");
}

TEST_CASE("table columns are as wide as what stands in them") {
    Printed printed("table");
    printed.point("cpu,host=a idle=97.25,note=\"x\" 1700000000000000000");
    printed.point("cpu,host=longer idle=5,note=\"yes\" 1700000000500000000");
    CHECK(printed.all() ==
          "cpu\n"
          "time                    host     idle  note\n"
          "2023-11-14T22:13:20Z    a       97.25  x\n"
          "2023-11-14T22:13:20.5Z  longer      5  yes\n");
}

TEST_CASE("each measurement has a table of its own") {
    Printed printed("table");
    printed.point("b v=1 0");
    printed.point("a w=1 0");
    printed.point("b v=2 0");
    CHECK(printed.all() ==
          "a\n"
          "time                  w\n"
          "1970-01-01T00:00:00Z  1\n"
          "\n"
          "b\n"
          "time                  v\n"
          "1970-01-01T00:00:00Z  1\n"
          "1970-01-01T00:00:00Z  2\n");
}

TEST_CASE("a table goes on under its header while the columns fit") {
    Printed printed("table");
    printed.point("m v=10 0");
    printed.all();
    printed.point("m v=2 0");
    CHECK(printed.all() == "1970-01-01T00:00:00Z   2\n");
    printed.point("m v=2,w=3 0");
    CHECK(printed.all() ==
          "\n"
          "m\n"
          "time                   v  w\n"
          "1970-01-01T00:00:00Z   2  3\n");
}

TEST_CASE("a table gets another header when its columns must be wider") {
    Printed printed("table");
    printed.point("m v=1 0");
    printed.all();
    printed.point("m v=100 0");
    CHECK(printed.all() ==
          "\n"
          "m\n"
          "time                    v\n"
          "1970-01-01T00:00:00Z  100\n");
}

TEST_CASE("a field that a point lacks leaves a gap") {
    Printed printed("table");
    printed.point("m a=1,b=2 0");
    printed.point("m b=3 0");
    CHECK(printed.all() ==
          "m\n"
          "time                  a  b\n"
          "1970-01-01T00:00:00Z  1  2\n"
          "1970-01-01T00:00:00Z     3\n");
}

TEST_CASE("text in a table cannot break its rows") {
    Printed printed("table");
    printed.point("m s=\"a\nb\xc3\xa9\",z=1 -1");
    CHECK(printed.all() ==
          "m\n"
          "time                            s     z\n"
          "1969-12-31T23:59:59.999999999Z  a b\xc3\xa9  1\n");
}

TEST_CASE("a long table is printed before it ends") {
    Printed printed("table");
    for (int i = 0; i < 2000; ++i) printed.point("m v=1 0");
    CHECK(printed.text().size() > 2000 * 20);
}
