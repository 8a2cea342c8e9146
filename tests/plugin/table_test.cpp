// SPDX-License-Identifier: MIT
#include "plugin/table.h"

#include <doctest/doctest.h>

#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#include "plugin/contains.h"

namespace {

// A plugin in memory that obeys every rule; each test breaks one of them.
struct Table {
    static int create(const udf_host*, const udf_arg*, size_t, void**) { return UDF_OK; }
    static void destroy(void*) {}
    static int points(void*, const udf_point*, size_t) { return UDF_OK; }
    static int batch(void*, const udf_batch*) { return UDF_OK; }
    static int snapshot(void*, udf_sink*) { return UDF_OK; }
    static int restore(void*, uint32_t, const void*, size_t) { return UDF_OK; }

    static udf_algorithm stream_algorithm(const char* name) {
        udf_algorithm a{};
        a.struct_size = sizeof a;
        a.name = name;
        a.version = "1.2.3";
        a.help = "helps";
        a.wants = UDF_STREAM;
        a.provides = UDF_STREAM;
        a.create = create;
        a.destroy = destroy;
        a.points = points;
        return a;
    }

    uint8_t types[2] = {UDF_STRING, UDF_DURATION};
    std::vector<udf_option> options = {{"field", "the field", types, 1, UDF_OPTION_REQUIRED},
                                       {"each", "how often", types, 2, UDF_OPTION_REPEATABLE}};
    udf_algorithm first = stream_algorithm("first"), second = stream_algorithm("second");
    const udf_algorithm* algorithms[2] = {&first, &second};
    udf_plugin plugin = {sizeof(udf_plugin), 0, algorithms, 2, 0};

    Table() {
        first.options = options.data();
        first.option_count = static_cast<uint32_t>(options.size());
    }
    Table(const Table&) = delete;

    plugin::Plugin check() const { return plugin::check_table("dir/foo.so", &plugin); }

    std::string refusal() const {
        try {
            check();
            return "not refused";
        } catch (const plugin::Refused& refused) {
            return refused.what();
        }
    }
};

// What a plugin of a later minor hands over: a table with members after those known here.
template <class T>
struct Longer {
    T known;
    uint64_t later[4] = {};
    explicit Longer(const T& table) : known(table) { known.struct_size = sizeof *this; }
};

}  // namespace

TEST_CASE("a table that obeys the rules is taken as it is") {
    const Table table;
    const auto plugin = table.check();
    CHECK(plugin.file() == "dir/foo.so");
    REQUIRE(plugin.algorithms().size() == 2);
    const udf_algorithm& first = plugin.algorithms()[0];
    CHECK(first.name == std::string("first"));
    CHECK(first.version == std::string("1.2.3"));
    CHECK((first.points == &Table::points));
    REQUIRE(first.option_count == 2);
    CHECK(first.options[1].name == std::string("each"));
}

TEST_CASE("an algorithm is found by its name") {
    const Table table;
    const auto plugin = table.check();
    CHECK(plugin.algorithm("second").name == std::string("second"));
}

TEST_CASE("an empty name stands for the only algorithm") {
    Table table;
    table.plugin.algorithm_count = 1;
    const auto plugin = table.check();
    CHECK(plugin.algorithm("").name == std::string("first"));
}

TEST_CASE("an empty name where there are several algorithms names them all") {
    const Table table;
    const auto plugin = table.check();
    CHECK_THROWS_WITH_AS(plugin.algorithm(""), "refused dir/foo.so: it has 2 algorithms, choose one: first, second",
                         plugin::Refused);
}

TEST_CASE("an unknown algorithm is answered with a near name and all that there are") {
    const Table table;
    const auto plugin = table.check();
    CHECK_THROWS_WITH_AS(plugin.algorithm("fist"),
                         "refused dir/foo.so: it has no algorithm 'fist' but first, second; did you mean 'first'?",
                         plugin::Refused);
    CHECK_THROWS_WITH_AS(plugin.algorithm("other"), "refused dir/foo.so: it has no algorithm 'other' but first, second",
                         plugin::Refused);
}

TEST_CASE("a null table is refused") {
    CHECK_THROWS_WITH_AS(plugin::check_table("foo.so", nullptr), "refused foo.so: its udf_plugin_v1 returned null",
                         plugin::Refused);
}

TEST_CASE("a plugin for a newer minor is refused naming both") {
    Table table;
    table.plugin.abi_minor = UDF_ABI_MINOR + 3;
    CHECK(table.refusal() == "refused dir/foo.so: needs plugin interface 1." + std::to_string(UDF_ABI_MINOR + 3) +
                                 ", this host has 1." + std::to_string(UDF_ABI_MINOR) + "; update udf-host");
}

TEST_CASE("a newer minor is what is said even where its table is longer and set") {
    Table table;
    table.plugin.abi_minor = UDF_ABI_MINOR + 1;
    Longer longer(table.plugin);
    longer.later[0] = 1;
    CHECK_THROWS_WITH_AS(plugin::check_table("foo.so", &longer.known), doctest::Contains("needs plugin interface 1."),
                         plugin::Refused);
}

TEST_CASE("a struct_size of the plugin that cannot be is refused") {
    for (const uint32_t size : {0u, 8u, 16u, 33u, 65u * 1024, 0xffffffffu}) {
        Table table;
        table.plugin.struct_size = size;
        CHECK(table.refusal() == Contains("struct_size of its udf_plugin is " + std::to_string(size)));
    }
}

TEST_CASE("a struct_size of an algorithm that cannot be is refused") {
    for (const uint32_t size :
         {0u, 8u, uint32_t{sizeof(udf_algorithm) - 8}, uint32_t{sizeof(udf_algorithm) + 1}, 65u * 1024, 0xffffffffu}) {
        Table table;
        table.second.struct_size = size;
        CHECK(table.refusal() == Contains("struct_size of algorithm 1 of its table is " + std::to_string(size)));
    }
}

TEST_CASE("members of a later minor that are zero are no reason to refuse") {
    Table table;
    const Longer longer_algorithm(table.first);
    table.algorithms[0] = &longer_algorithm.known;
    const Longer longer_plugin(table.plugin);
    const auto plugin = plugin::check_table("foo.so", &longer_plugin.known);
    CHECK(plugin.algorithms()[0].struct_size == sizeof(udf_algorithm));
}

TEST_CASE("members of a later minor that are set are refused in the plugin") {
    const Table table;
    Longer longer(table.plugin);
    longer.later[3] = uint64_t{1} << 63;
    CHECK_THROWS_WITH_AS(plugin::check_table("foo.so", &longer.known),
                         "refused foo.so: its udf_plugin sets members that this host does not know; update udf-host",
                         plugin::Refused);
}

TEST_CASE("members of a later minor that are set are refused in an algorithm") {
    Table table;
    Longer longer(table.second);
    longer.later[0] = 1;
    table.algorithms[1] = &longer.known;
    CHECK(table.refusal() == Contains("algorithm 1 of its table sets members that this host does not know"));
}

TEST_CASE("reserved members that are set are refused") {
    Table table;
    table.plugin.reserved = 1;
    CHECK(table.refusal() == Contains("'reserved' of its udf_plugin is not zero"));
    table.plugin.reserved = 0;
    table.first.reserved = 1;
    CHECK(table.refusal() == Contains("'reserved' of algorithm 0 of its table is not zero"));
}

TEST_CASE("a plugin without algorithms is refused") {
    Table table;
    table.plugin.algorithm_count = 0;
    CHECK(table.refusal() == Contains("has no algorithms"));
}

TEST_CASE("an absurd number of algorithms is refused unread") {
    Table table;
    table.plugin.algorithm_count = 0x41414141;
    CHECK(table.refusal() == Contains("has 1094795585 algorithms; at most"));
}

TEST_CASE("null where algorithms should be is refused") {
    Table table;
    table.algorithms[1] = nullptr;
    CHECK(table.refusal() == Contains("algorithm 1 of its table is null"));
    table.plugin.algorithms = nullptr;
    CHECK(table.refusal() == Contains("has an algorithm_count but no algorithms"));
}

TEST_CASE("an algorithm without a name is refused") {
    for (const char* name : {"", static_cast<const char*>(nullptr)}) {
        Table table;
        table.second.name = name;
        CHECK(table.refusal() == "refused dir/foo.so: algorithm 1 of its table has no name");
    }
}

TEST_CASE("a name that a TICKscript cannot use is refused") {
    for (const char* name : {"1st", "moving-avg", "a b", "m\xc3\xb6", "a.b", "../x", "var", "TRUE"}) {
        Table table;
        table.second.name = name;
        CHECK(table.refusal() == Contains("has the name '" + std::string(name) + "', which TICKscript"));
    }
}

TEST_CASE("names of letters and digits and underscores are taken") {
    for (const char* name : {"x", "_", "Moving_Avg2", "lambda", "variable"}) {
        Table table;
        table.second.name = name;
        CHECK(table.refusal() == "not refused");
    }
}

TEST_CASE("two algorithms of one name are refused") {
    Table table;
    table.second.name = "first";
    CHECK(table.refusal() ==
          "refused dir/foo.so: algorithm 1 of its table has the name 'first', which another has as well");
}

TEST_CASE("an edge that is neither stream nor batch is refused") {
    Table table;
    table.first.wants = 2;
    CHECK(table.refusal() == Contains("algorithm 'first' wants edge type 2"));
    table.first.wants = UDF_STREAM;
    table.first.provides = 7;
    CHECK(table.refusal() == Contains("algorithm 'first' provides edge type 7"));
}

TEST_CASE("an algorithm without create or destroy is refused") {
    Table table;
    table.first.create = nullptr;
    CHECK(table.refusal() == Contains("algorithm 'first' has no create"));
    table.first.create = &Table::create;
    table.first.destroy = nullptr;
    CHECK(table.refusal() == Contains("algorithm 'first' has no destroy"));
}

TEST_CASE("an algorithm that wants a stream and has no points is refused") {
    Table table;
    table.second.points = nullptr;
    table.second.batch = &Table::batch;
    CHECK(table.refusal() == "refused dir/foo.so: algorithm 'second' wants a stream but has no points");
}

TEST_CASE("an algorithm that wants batches takes them whole or in parts") {
    Table table;
    table.first.wants = table.second.wants = UDF_BATCH;
    table.first.batch = &Table::batch;
    table.first.points = nullptr;
    table.second.begin_batch = table.second.end_batch = &Table::batch;
    CHECK(table.refusal() == "not refused");
}

TEST_CASE("an algorithm that wants batches and cannot take them is refused") {
    Table table;
    table.first.wants = UDF_BATCH;
    CHECK(table.refusal() == Contains("algorithm 'first' wants batches but has neither batch nor begin_batch"));
    table.first.begin_batch = table.first.end_batch = &Table::batch;
    table.first.points = nullptr;
    CHECK(table.refusal() ==
          Contains("algorithm 'first' wants batches with begin_batch and end_batch but has no points"));
}

TEST_CASE("an algorithm that takes batches both whole and in parts is refused") {
    Table table;
    table.first.wants = UDF_BATCH;
    table.first.batch = table.first.begin_batch = table.first.end_batch = &Table::batch;
    CHECK(table.refusal() == Contains("has both batch and begin_batch"));
}

TEST_CASE("one of begin_batch and end_batch alone is refused") {
    Table table;
    table.first.begin_batch = &Table::batch;
    CHECK(table.refusal() == Contains("has one of begin_batch and end_batch"));
    table.first.begin_batch = nullptr;
    table.first.end_batch = &Table::batch;
    CHECK(table.refusal() == Contains("has one of begin_batch and end_batch"));
}

TEST_CASE("one of snapshot and restore alone is refused") {
    Table table;
    table.first.snapshot = &Table::snapshot;
    CHECK(table.refusal() == Contains("has one of snapshot and restore"));
    table.first.snapshot = nullptr;
    table.first.restore = &Table::restore;
    CHECK(table.refusal() == Contains("has one of snapshot and restore"));
}

TEST_CASE("an option_count without options is refused") {
    Table table;
    table.first.options = nullptr;
    CHECK(table.refusal() == Contains("algorithm 'first' has an option_count but no options"));
}

TEST_CASE("an absurd number of options is refused unread") {
    Table table;
    table.first.option_count = 0x41414141;
    CHECK(table.refusal() == Contains("algorithm 'first' has 1094795585 options; at most"));
}

TEST_CASE("an option without a usable name is refused") {
    Table table;
    table.options[1].name = nullptr;
    CHECK(table.refusal() == Contains("algorithm 'first': an option has no name"));
    table.options[1].name = "";
    CHECK(table.refusal() == Contains("algorithm 'first': an option has no name"));
    table.options[1].name = "as-is";
    CHECK(table.refusal() == Contains("algorithm 'first': an option has the name 'as-is', which TICKscript"));
    table.options[1].name = "field";
    CHECK(table.refusal() == Contains("algorithm 'first': an option has the name 'field', which another has"));
}

TEST_CASE("an option with types that do not exist is refused") {
    Table table;
    table.types[1] = UDF_DURATION + 1;
    CHECK(table.refusal() == Contains("algorithm 'first': option 'each' has an argument of type 5"));
    table.options[1].types = nullptr;
    CHECK(table.refusal() == Contains("option 'each' has arguments but no types"));
    table.options[1].type_count = 65;
    CHECK(table.refusal() == Contains("option 'each' has 65 arguments; at most 64"));
}

TEST_CASE("an option without arguments needs no types") {
    Table table;
    table.options[1].types = nullptr;
    table.options[1].type_count = 0;
    CHECK(table.refusal() == "not refused");
}

TEST_CASE("an option with flags from a later minor is refused") {
    Table table;
    table.options[0].flags |= 8;
    CHECK(table.refusal() == Contains("option 'field' has flags that this host does not know (0x9); update udf-host"));
}

TEST_CASE("a version or help that is left out becomes empty") {
    Table table;
    table.first.version = table.first.help = nullptr;
    const auto plugin = table.check();
    CHECK(plugin.algorithms()[0].version == std::string());
    CHECK(plugin.algorithms()[0].help == std::string());
}
