// SPDX-License-Identifier: MIT
#include "agent/options.h"

#include <doctest/doctest.h>

#include <string>

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
constexpr uint8_t kPair[] = {UDF_STRING, UDF_DOUBLE};
constexpr udf_option kDeclared[] = {
    {"field", "", kString, 1, UDF_OPTION_REQUIRED},
    {"size", "", kInt, 1, 0},
    {"scale", "", kDouble, 1, 0},
    {"exact", "", kBool, 1, 0},
    {"every", "", kDuration, 1, 0},
    {"set", "", kPair, 2, UDF_OPTION_REPEATABLE},
    {"none", "", nullptr, 0, 0},
};

udf_algorithm algorithm() {
    udf_algorithm a{};
    a.name = "test";
    a.options = kDeclared;
    a.option_count = std::size(kDeclared);
    return a;
}

void put(OptionValue& v, const char* s) { v.set_type(kapacitor::udf::STRING), v.set_stringvalue(s); }
void put(OptionValue& v, int i) { v.set_type(kapacitor::udf::INT), v.set_intvalue(i); }
void put(OptionValue& v, double d) { v.set_type(kapacitor::udf::DOUBLE), v.set_doublevalue(d); }
void put(OptionValue& v, bool b) { v.set_type(kapacitor::udf::BOOL), v.set_boolvalue(b); }

template <class... T>
void use(InitRequest& request, const char* name, T... values) {
    Option& option = *request.add_options();
    option.set_name(name);
    (put(*option.add_values(), values), ...);
}

InitRequest with_field() {
    InitRequest request;
    use(request, "field", "v");
    return request;
}

std::string problem(InitRequest request) {
    const udf_algorithm a = algorithm();
    try {
        Options options(a, std::move(request));
    } catch (const BadOptions& e) {
        return e.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("options arrive in order with their values and repetitions") {
    InitRequest request = with_field();
    use(request, "set", "a", 1.5);
    use(request, "size", 10);
    use(request, "set", "b", 2.5);
    use(request, "none");
    const udf_algorithm a = algorithm();
    const Options options(a, std::move(request));
    REQUIRE(options.args().size() == 5);
    std::string names;
    for (const udf_arg& arg : options.args()) names += std::string(arg.name.data, arg.name.size) + " ";
    CHECK(names == "field set size set none ");
    CHECK(std::string(options.args()[0].values[0].as.s, 1) == "v");
    CHECK(options.args()[3].values[1].as.f == 2.5);
    CHECK(options.args()[2].values[0].as.i == 10);
    CHECK(options.args()[4].value_count == 0);
}

TEST_CASE("an integer is widened where a double is declared") {
    InitRequest request = with_field();
    use(request, "scale", 3);
    const udf_algorithm a = algorithm();
    const Options options(a, std::move(request));
    CHECK(options.args()[1].values[0].type == UDF_DOUBLE);
    CHECK(options.args()[1].values[0].as.f == 3.0);
}

TEST_CASE("a duration is written out where a string is declared") {
    InitRequest request;
    Option& option = *request.add_options();
    option.set_name("field");
    option.add_values()->set_type(kapacitor::udf::DURATION);
    option.mutable_values(0)->set_durationvalue(3'600'000'000'000);
    const udf_algorithm a = algorithm();
    const Options options(a, std::move(request));
    const udf_value& v = options.args()[0].values[0];
    CHECK(v.type == UDF_STRING);
    CHECK(std::string(v.as.s, v.size) == "1h");
}

TEST_CASE("an unknown option names a near one") {
    InitRequest request = with_field();
    use(request, "siez", 3);
    CHECK(problem(request) == "there is no option 'siez'; did you mean 'size'?");
}

TEST_CASE("a wrong number of arguments says how many came and which were expected") {
    InitRequest request = with_field();
    use(request, "set", "a");
    CHECK(problem(request) == "option 'set' got 1 argument, expected 2 (string, double)");
    request = with_field();
    use(request, "none", 1, 2);
    CHECK(problem(request) == "option 'none' got 2 arguments, expected none");
}

TEST_CASE("a wrong type says what came and what was expected") {
    InitRequest request;
    use(request, "field", 7);
    CHECK(problem(request) == "argument 1 of option 'field' is int 7, expected string");
    request = with_field();
    use(request, "size", 1.5);
    CHECK(problem(request) == "argument 1 of option 'size' is double 1.5, expected int");
    request = with_field();
    use(request, "exact", "yes");
    CHECK(problem(request) == "argument 1 of option 'exact' is string 'yes', expected bool");
    request = with_field();
    use(request, "every", "1h");
    CHECK(problem(request) == "argument 1 of option 'every' is string '1h', expected duration");
    request = with_field();
    use(request, "set", "a", true);
    CHECK(problem(request) == "argument 2 of option 'set' is bool TRUE, expected double");
}

TEST_CASE("a value that Kapacitor makes of a lambda is refused even where a bool is declared") {
    InitRequest request = with_field();
    Option& option = *request.add_options();
    option.set_name("exact");
    option.add_values()->set_type(kapacitor::udf::BOOL);
    CHECK(problem(request) ==
          "argument 1 of option 'exact' is no value, as Kapacitor passes on a lambda, a regular "
          "expression or a reference, expected bool");
}

TEST_CASE("a missing required option is named") {
    CHECK(problem({}) == "option 'field' is required, arguments: 1 (string)");
}

TEST_CASE("an option may be repeated only where it is declared so") {
    InitRequest request = with_field();
    use(request, "field", "w");
    use(request, "field", "x");
    CHECK(problem(request) == "option 'field' may be used once only");
    request = with_field();
    use(request, "set", "a", 1.0);
    use(request, "set", "b", 2.0);
    CHECK(problem(request) == "none");
}

TEST_CASE("all problems are told at once") {
    InitRequest request;
    use(request, "size", "ten");
    use(request, "fields", "v");
    CHECK(problem(request) ==
          "argument 1 of option 'size' is string 'ten', expected int; there is no option 'fields'; "
          "did you mean 'field'?; option 'field' is required, arguments: 1 (string)");
}
