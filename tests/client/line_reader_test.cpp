// SPDX-License-Identifier: MIT
#include "client/line_reader.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <utility>
#include <vector>

#include "support/check_property.h"

using client::LineReader;

namespace {

using Records = std::vector<std::pair<size_t, std::string>>;

void take_all(LineReader& reader, Records& to) {
    while (const auto record = reader.next()) to.emplace_back(record->line, record->text);
}

Records read(std::string_view text, size_t piece = std::string_view::npos) {
    LineReader reader;
    Records records;
    while (!text.empty()) {
        reader.append(text.substr(0, piece));
        text.remove_prefix(std::min(piece, text.size()));
        take_all(reader, records);
    }
    reader.end();
    take_all(reader, records);
    return records;
}

}  // namespace

TEST_CASE("each line is a record with its number") {
    CHECK(read("a v=1\nb v=2\n\nc v=3") == Records{{1, "a v=1"}, {2, "b v=2"}, {3, ""}, {4, "c v=3"}});
}

TEST_CASE("a line is handed out as soon as it is whole") {
    LineReader reader;
    reader.append("a v=1");
    CHECK(!reader.next());
    reader.append("\nb");
    CHECK(reader.next()->text == "a v=1");
    CHECK(!reader.next());
}

TEST_CASE("a quoted string goes on over newlines") {
    CHECK(read("a v=\"x\ny\",w=\"\n\" 5\nb v=2") == Records{{1, "a v=\"x\ny\",w=\"\n\" 5"}, {4, "b v=2"}});
    CHECK(read("a,t=\"q v=\"x\ny\"") == Records{{1, "a,t=\"q v=\"x\ny\""}});
}

TEST_CASE("an escaped quote does not end a string") {
    CHECK(read("a v=\"x\\\"\ny\\\\\"\nb v=2") == Records{{1, "a v=\"x\\\"\ny\\\\\""}, {3, "b v=2"}});
}

TEST_CASE("quotes outside of field values open nothing") {
    const Records each{{1, "# it's \"so"}, {2, "a\",t=\" v=1"}, {3, "b \"k=1 \"5"}, {4, "c v=1\""}, {5, "d v=2"}};
    CHECK(read("# it's \"so\na\",t=\" v=1\nb \"k=1 \"5\nc v=1\"\nd v=2") == each);
}

TEST_CASE("a quote that is never closed costs one line") {
    CHECK(read("a v=\"x\nb v=2\nc v=3\n") == Records{{1, "a v=\"x"}, {2, "b v=2"}, {3, "c v=3"}});
}

TEST_CASE("a record of several lines can be read again from its second line") {
    LineReader reader;
    reader.append("a v=\"x\nb v=\"y\"\nc v=1\n");
    CHECK(reader.next()->text == "a v=\"x\nb v=\"y\"");
    reader.reread_from_second_line();
    const auto second = reader.next();
    CHECK(second->text == "b v=\"y\"");
    CHECK(second->line == 2);
    CHECK(reader.next()->line == 3);
}

TEST_CASE("a line without an end is no text") {
    LineReader reader;
    reader.append(std::string(17u << 20, 'x'));
    CHECK_THROWS_WITH(reader.next(), doctest::Contains("line 1 is longer"));
}

TEST_CASE("how the text is cut into pieces does not matter") {
    support::check_property([] {
        const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("aa=,  \"\"\\\n#")));
        const auto piece = *rc::gen::inRange<size_t>(1, 8);
        RC_ASSERT(read(text) == read(text, piece));
    });
}
