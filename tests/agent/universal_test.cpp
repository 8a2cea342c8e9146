// SPDX-License-Identifier: MIT
#include "agent/universal.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "agent/options.h"

using agent::BadOptions;
using agent::Options;
using kapacitor::udf::InitRequest;
using kapacitor::udf::Option;
using kapacitor::udf::OptionValue;

namespace {

constexpr uint8_t kString[] = {UDF_STRING};
constexpr uint8_t kInt[] = {UDF_INT};
constexpr uint8_t kDouble[] = {UDF_DOUBLE};
constexpr uint8_t kBool[] = {UDF_BOOL};
constexpr uint8_t kDuration[] = {UDF_DURATION};
constexpr uint8_t kPair[] = {UDF_STRING, UDF_INT};
constexpr udf_option kDeclared[] = {
    {"field", "", kString, 1, UDF_OPTION_REQUIRED},
    {"size", "", kInt, 1, 0},
    {"scale", "", kDouble, 1, 0},
    {"exact", "", kBool, 1, 0},
    {"every", "", kDuration, 1, 0},
    {"range", "", kPair, 2, UDF_OPTION_REPEATABLE},
    {"quiet", "", nullptr, 0, 0},
};

udf_algorithm algorithm() {
    udf_algorithm a{};
    a.name = "test";
    a.options = kDeclared;
    a.option_count = std::size(kDeclared);
    return a;
}

// A task, written as in a TICKscript.
class Task {
public:
    Task& algorithm(const char* name) {
        add("algorithm").add_values()->set_stringvalue(name);
        return *this;
    }
    Task& text(const char* name, const char* value) { return value_of("text", name).set_stringvalue(value), *this; }
    Task& integer(const char* name, int64_t value) { return value_of("integer", name).set_intvalue(value), *this; }
    Task& number(const char* name, double value) { return value_of("number", name).set_doublevalue(value), *this; }
    Task& flag(const char* name, bool value) { return value_of("flag", name).set_boolvalue(value), *this; }
    Task& duration(const char* name, int64_t ns) { return value_of("duration", name).set_durationvalue(ns), *this; }
    // What Kapacitor makes of a lambda.
    Task& lambda(const char* option, const char* name) { return value_of(option, name), *this; }
    Option& add(const char* option) {
        request.add_options()->set_name(option);
        return *request.mutable_options(request.options_size() - 1);
    }

    InitRequest request;

private:
    OptionValue& value_of(const char* option, const char* name) {
        Option& added = add(option);
        added.add_values()->set_stringvalue(name);
        return *added.add_values();
    }
};

std::string written(const OptionValue& value) {
    switch (value.value_case()) {
        case OptionValue::kBoolValue:
            return value.boolvalue() ? "TRUE" : "FALSE";
        case OptionValue::kIntValue:
            return std::to_string(value.intvalue());
        case OptionValue::kDoubleValue:
            return std::to_string(value.doublevalue());
        case OptionValue::kStringValue:
            return "'" + value.stringvalue() + "'";
        case OptionValue::kDurationValue:
            return std::to_string(value.durationvalue()) + "ns";
        default:
            return "?";
    }
}

// As a TICKscript for the algorithm itself has it.
std::string own(const Task& task) {
    const udf_algorithm a = algorithm();
    std::string text;
    const InitRequest request = agent::request_for(a, task.request);
    for (const Option& option : request.options()) {
        text += "." + option.name() + "(";
        for (const OptionValue& value : option.values()) text += (text.ends_with("(") ? "" : ", ") + written(value);
        text += ")";
    }
    return text;
}

// What is wrong with the task, as the agent finds it.
std::string problem(const Task& task) {
    const udf_algorithm a = algorithm();
    try {
        agent::wanted_algorithm(task.request);
        const Options options(a, agent::request_for(a, task.request));
    } catch (const BadOptions& e) {
        return e.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("the universal function declares an option for the algorithm and one for each type of value") {
    const udf_algorithm& any = agent::universal_function(UDF_STREAM, UDF_STREAM);
    std::map<std::string, std::vector<uint8_t>> declared;
    std::map<std::string, uint32_t> flags;
    for (const udf_option& option : std::span(any.options, any.option_count)) {
        declared[option.name].assign(option.types, option.types + option.type_count);
        flags[option.name] = option.flags;
    }
    CHECK(declared.size() == 6);
    CHECK(declared["algorithm"] == std::vector<uint8_t>{UDF_STRING});
    CHECK(declared["text"] == std::vector<uint8_t>{UDF_STRING, UDF_STRING});
    CHECK(declared["integer"] == std::vector<uint8_t>{UDF_STRING, UDF_INT});
    CHECK(declared["number"] == std::vector<uint8_t>{UDF_STRING, UDF_DOUBLE});
    CHECK(declared["flag"] == std::vector<uint8_t>{UDF_STRING, UDF_BOOL});
    CHECK(declared["duration"] == std::vector<uint8_t>{UDF_STRING, UDF_DURATION});
    CHECK(flags["algorithm"] == UDF_OPTION_REQUIRED);
    for (const char* value : {"text", "integer", "number", "flag", "duration"})
        CHECK(flags[value] == UDF_OPTION_REPEATABLE);
}

TEST_CASE("there is a universal function for all four pairs of edges") {
    for (const uint32_t wants : {UDF_STREAM, UDF_BATCH})
        for (const uint32_t provides : {UDF_STREAM, UDF_BATCH}) {
            CHECK(agent::universal_function(wants, provides).wants == wants);
            CHECK(agent::universal_function(wants, provides).provides == provides);
        }
}

TEST_CASE("the algorithm that is wanted may be named anywhere in the task") {
    CHECK(agent::wanted_algorithm(Task().text("field", "v").algorithm("mirror").request) == "mirror");
}

TEST_CASE("a task that names no algorithm wants none") {
    CHECK(agent::wanted_algorithm(Task().text("field", "v").request).empty());
}

TEST_CASE("two algorithms in a task are one too many") {
    CHECK(problem(Task().algorithm("a").algorithm("b")) == "option 'algorithm' may be used once only");
}

TEST_CASE("what Kapacitor lets pass for a value is told") {
    CHECK(problem(Task().algorithm("a").lambda("integer", "size")) ==
          "argument 2 of option 'integer' is no value, as Kapacitor passes on a lambda, a regular expression or a "
          "reference, expected int");
}

TEST_CASE("an option that the universal function does not have is told") {
    Task task;
    task.algorithm("a").add("feild").add_values()->set_stringvalue("v");
    CHECK(problem(task) == "there is no option 'feild'");
}

TEST_CASE("values of all types arrive as options of the algorithm, in the order of the task") {
    CHECK(own(Task()
                  .number("scale", 1.5)
                  .text("field", "usage")
                  .algorithm("test")
                  .flag("exact", false)
                  .integer("size", 10)
                  .duration("every", 5)) == ".scale(1.500000).field('usage').exact(FALSE).size(10).every(5ns)");
}

TEST_CASE("an option with several values takes as many calls, one right after another") {
    CHECK(own(Task().text("range", "a").integer("range", 5)) == ".range('a', 5)");
}

TEST_CASE("once an option has all its values, a further call begins it anew") {
    CHECK(own(Task().text("range", "a").integer("range", 5).text("range", "b").integer("range", 6)) ==
          ".range('a', 5).range('b', 6)");
    CHECK(own(Task().integer("size", 1).integer("size", 2)) == ".size(1).size(2)");
}

TEST_CASE("a call of another option ends one that has not all its values") {
    CHECK(own(Task().text("range", "a").integer("size", 1).integer("range", 5)) == ".range('a').size(1).range(5)");
    CHECK(own(Task().text("range", "a").flag("quiet", false).integer("range", 5)) == ".range('a').range(5)");
}

TEST_CASE("an option without values is set by TRUE and left out by FALSE") {
    CHECK(own(Task().flag("quiet", true)) == ".quiet()");
    CHECK(own(Task().flag("quiet", false)) == "");
}

TEST_CASE("task and node stay what they are") {
    Task task;
    task.algorithm("test").request.set_taskid("cpu_alert");
    task.request.set_nodeid("native2");
    const udf_algorithm a = algorithm();
    CHECK(agent::request_for(a, task.request).taskid() == "cpu_alert");
    CHECK(agent::request_for(a, task.request).nodeid() == "native2");
}

TEST_CASE("a task that fits has no problem") {
    CHECK(problem(
              Task().algorithm("test").text("field", "v").text("range", "a").integer("range", 5).flag("quiet", true)) ==
          "none");
}

TEST_CASE("what does not fit the algorithm is told as in a task for the algorithm itself") {
    Task task;
    task.algorithm("test");
    CHECK(problem(task) == "option 'field' is required, arguments: 1 (string)");
    task.text("field", "v");
    CHECK(problem(Task(task).text("size", "ten")) == "argument 1 of option 'size' is string 'ten', expected int");
    CHECK(problem(Task(task).text("range", "a")) == "option 'range' got 1 argument, expected 2 (string, int)");
    CHECK(problem(Task(task).text("quiet", "yes")) == "option 'quiet' got 1 argument, expected none");
    CHECK(problem(Task(task).integer("size", 1).integer("size", 2)) == "option 'size' may be used once only");
}

TEST_CASE("an option that the algorithm does not have is told once, however many values it is given") {
    CHECK(problem(Task().algorithm("test").text("field", "v").text("rnage", "a").integer("rnage", 5)) ==
          "there is no option 'rnage'; did you mean 'range'?");
}

TEST_CASE("an integer will do where the algorithm takes a double") {
    CHECK(problem(Task().algorithm("test").text("field", "v").integer("scale", 2)) == "none");
}
