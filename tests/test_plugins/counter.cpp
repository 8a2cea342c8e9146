// SPDX-License-Identifier: MIT
//
// Counts the points of each group: adds the fields `count` and `version`. Built more than once, as the
// versions of a plugin that is upgraded: COUNTER_VERSION is the field, and with COUNTER_REFUSES_STATE it
// restores nothing.
//
//     state = { count ' ' size ' ' group '\n' }     a group has `size` bytes
#include <charconv>
#include <stdexcept>
#include <string>
#include <udf_plugin.hpp>

#define AS_TEXT_(x) #x
#define AS_TEXT(x) AS_TEXT_(x)

namespace {

// Takes the number in front of `text`, and the blank behind it.
int64_t take_number(std::string_view& text) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data() + text.size() || *end != ' ')
        throw std::runtime_error("the state is torn");
    text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
    return number;
}

struct Counter {
    static constexpr udf::Info info{
        .name = "counter", .version = AS_TEXT(COUNTER_VERSION), .wants = UDF_STREAM, .provides = UDF_STREAM};

    Counter(udf::Host h, const udf::Args&) : host(h) {}

    void point(const udf::Point& p) {
        fields.assign(p.all_fields().begin(), p.all_fields().end());
        fields.push_back(udf::field("count", ++counts[p.group]));
        fields.push_back(udf::field("version", int64_t{COUNTER_VERSION}));
        host.emit(p.with(fields));
    }

    void snapshot(udf::Sink sink) const {
        for (const auto& [group, count] : counts)
            sink.write(std::to_string(count) + ' ' + std::to_string(group.size()) + ' ' + group + '\n');
    }

    void restore(uint32_t, std::string_view state) {
        if (COUNTER_REFUSES_STATE) throw std::runtime_error("the state is of another version");
        while (!state.empty()) {
            const int64_t count = take_number(state);
            const auto size = static_cast<size_t>(take_number(state));
            if (size + 1 > state.size()) throw std::runtime_error("the state is torn");
            counts[state.substr(0, size)] = count;
            state.remove_prefix(size + 1);
        }
    }

    udf::Host host;
    udf::Groups<int64_t> counts;
    std::vector<udf_field> fields;
};

}  // namespace

UDF_PLUGIN(Counter)
