// SPDX-License-Identifier: MIT
//
// A mirror that declares the options of the recorded session `rich_stream`: every type, several
// arguments, none. It fails where an option does not arrive as the session wrote it.
#include <udf_plugin.hpp>

struct Rich {
    static constexpr udf::Option options[] = {
        {"flag", {UDF_BOOL}, "twice", udf::repeatable},
        {"count", {UDF_INT}},
        {"ratio", {UDF_DOUBLE}},
        {"label", {UDF_STRING}},
        {"every", {UDF_DURATION}},
        {"multi", {UDF_STRING, UDF_INT, UDF_DOUBLE, UDF_BOOL, UDF_DURATION}},
        {"pair", {UDF_STRING, UDF_STRING}, "twice", udf::repeatable},
        {"none"},
    };
    static constexpr udf::Info info{.name = "rich", .wants = UDF_STREAM, .provides = UDF_STREAM, .options = options};

    Rich(udf::Host host, const udf::Args& args) : host(host) {
        expect(args.get<int64_t>("count") == -42, "count");
        expect(args.get<double>("ratio") == 0.25, "ratio");
        expect(args.get<std::string_view>("label") == "ünïcödé 漢字", "label");
        expect(args.get<std::chrono::nanoseconds>("every") == std::chrono::minutes(90), "every");
        expect(args.get<std::string_view>("multi", 0) == "s", "multi");
        expect(args.get<int64_t>("multi", 1) == INT64_MAX, "multi");
        expect(args.get<double>("multi", 2) == -1234567.875, "multi");
        expect(!args.get<bool>("multi", 3), "multi");
        expect(args.get<std::chrono::nanoseconds>("multi", 4) == std::chrono::milliseconds(250), "multi");
        expect(!args.get<bool>("flag"), "flag");  // the last use
        std::string pairs;
        size_t uses = 0;
        for (const udf_arg& arg : args) {
            ++uses;
            if (udf::view(arg.name) == "pair")
                pairs += std::string(*udf::get<std::string_view>(arg.values[0])) + "=" +
                         std::string(*udf::get<std::string_view>(arg.values[1])) + ";";
        }
        expect(pairs == "a=b;c=;", "pair");
        expect(uses == 10, "number of options");
    }

    void points(std::span<const udf::Point> points) { host.emit(points); }

    static void expect(bool holds, const char* what) {
        if (!holds) throw std::invalid_argument(what);
    }
    udf::Host host;
};
UDF_PLUGIN(Rich)
