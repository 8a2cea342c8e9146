// SPDX-License-Identifier: MIT
//
// Plugins that were built with released headers run on today's udf-host, plugins built with today's header on hosts
// as they were released, and what comes from the future is taken or refused as udf_plugin.h says.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/process.h"
#include "client/session.h"
#include "plugin/load.h"
#include "system/udf_process.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// The plugins whose file name begins so, each built from C and from C++.
std::vector<std::string> plugins(const std::string& beginning) {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(ABI_PLUGINS))
        if (entry.path().filename().string().starts_with(beginning)) files.push_back(entry.path());
    REQUIRE(files.size() >= 2);
    return files;
}

std::string future(const std::string& name) { return ABI_PLUGINS "/future_" + name + ".so"; }

Ended run(const std::string& plugin, const std::string& algorithm, std::vector<std::string> more,
          const std::string& input) {
    std::vector<std::string> words{"run", "--plugin", plugin, "--algorithm", algorithm};
    words.insert(words.end(), more.begin(), more.end());
    return run_udf_host(words, input);
}

std::string refusal(const std::string& file) {
    try {
        plugin::load(file);
        return "not refused";
    } catch (const plugin::Refused& e) {
        return e.what();
    }
}

// A connection of Kapacitor's to udf-host.
class Task {
public:
    explicit Task(const std::string& plugin)
        : process({"--plugin", plugin, "--algorithm", "scale"}),
          channel(std::move(process.from_stdout), std::move(process.to_stdin)),
          session(channel, [this](client::pb::Response&& r) { emitted.push_back(std::move(r)); }) {
        client::pb::Option field;
        field.set_name("field");
        field.add_values()->set_type(client::pb::STRING);
        field.mutable_values(0)->set_stringvalue("v");
        session.init({field}, "task", "node");
    }
    void send(int64_t time) {
        client::pb::Request request;
        request.mutable_point()->set_time(time);
        request.mutable_point()->set_name("cpu");
        request.mutable_point()->mutable_fieldsdouble()->insert({"v", 1.5});
        session.send(request);
    }

    UdfProcess process;
    wire::FdChannel channel;
    std::vector<client::pb::Response> emitted;
    client::Session session;
};

const std::string kPoints =
    "cpu,host=a v=1 1000000000\n"
    "cpu,host=b v=4i 2000000000\n"
    "cpu,host=a other=\"x\" 3000000000\n"
    "cpu,host=a v=2.5,t=\"s\",b=true 4000000000\n";

const std::string kBatches =
    "cpu,host=a v=1i 1000000000\n"
    "cpu,host=b v=4i 2000000000\n"
    "cpu,host=a v=5i 3000000000\n";

}  // namespace

TEST_CASE("a plugin built with a released header says what it offers") {
    const auto option = [](const char* name, const char* help, const json& types) {
        return json{{"name", name},
                    {"help", help},
                    {"types", types},
                    {"required", std::string(name) == "field"},
                    {"repeatable", std::string(name) == "set"}};
    };
    const json scale_options = {option("field", "the field to scale", {"string"}),
                                option("by", "", {"double"}),
                                option("offset", "", {"int"}),
                                option("every", "", {"duration"}),
                                option("negate", "", {"bool"}),
                                option("strict", "", json::array()),
                                option("set", "any number of times", {"string", "int"})};
    const json expected = {{{"name", "scale"},
                            {"version", "1.2.3"},
                            {"help", "scales a field"},
                            {"wants", "stream"},
                            {"provides", "stream"},
                            {"snapshot", true},
                            {"options", scale_options}},
                           {{"name", "whole"},
                            {"version", "1.0.0"},
                            {"help", ""},
                            {"wants", "batch"},
                            {"provides", "batch"},
                            {"snapshot", false},
                            {"options", json::array()}},
                           {{"name", "parts"},
                            {"version", "1.0.0"},
                            {"help", ""},
                            {"wants", "batch"},
                            {"provides", "stream"},
                            {"snapshot", false},
                            {"options", json::array()}}};
    for (const std::string& plugin : plugins("released_")) {
        CAPTURE(plugin);
        json said = json::parse(run_udf_host({"info", plugin, "--json"}).output)["algorithms"];
        for (json& algorithm : said)
            for (const char* of_the_path : {"plugin", "tickscript", "configuration"}) algorithm.erase(of_the_path);
        CHECK(said == expected);
    }
}

TEST_CASE("a plugin built with a released header takes points and options of all types and emits from a thread") {
    for (const std::string& plugin : plugins("released_")) {
        CAPTURE(plugin);
        const Ended ended = run(plugin, "scale",
                                {"--option", "field=v", "--option", "by=2.5", "--option", "offset=10", "--option",
                                 "every=1m", "--option", "negate=true", "--option", "strict", "--option", "set=a,1",
                                 "--option", "set=b,-2", "--group-by", "host", "--group-by-name"},
                                kPoints);
        CHECK(ended.status == 0);
        CHECK(ended.output ==
              "cpu,host=a every=60000000000i,grouped_by=11i,n=1i,scaled=7.5,set=\"a=1;b=-2;\",strict=true,tags=1i "
              "1000000000\n"
              "cpu,host=b every=60000000000i,grouped_by=11i,n=2i,scaled=0,set=\"a=1;b=-2;\",strict=true,tags=1i "
              "2000000000\n"
              "cpu,host=a other=\"x\" 3000000000\n"
              "cpu,host=a every=60000000000i,grouped_by=11i,n=4i,scaled=3.75,set=\"a=1;b=-2;\",strict=true,tags=1i "
              "4000000000\n"
              "total,from=thread n=4i 4000000001\n");
        CHECK(ended.errors == "udf-host: info: scale of scale on run algorithm=scale task=run node=scale\n");
    }
}

TEST_CASE("a plugin built with a released header takes batches whole and in parts") {
    for (const std::string& plugin : plugins("released_")) {
        CAPTURE(plugin);
        const std::vector<std::string> windows{"--window", "10s", "--group-by", "host"};
        CHECK(run(plugin, "whole", windows, kBatches).output ==
              "cpu,host=a v=5i 1000000000\n"
              "cpu,host=a v=1i 3000000000\n"
              "cpu,host=b v=4i 2000000000\n");
        CHECK(run(plugin, "parts", windows, kBatches).output ==
              "cpu,host=a sum=6i 11000000000\n"
              "cpu,host=b sum=4i 12000000000\n");
    }
}

TEST_CASE("a plugin built with a released header fails with its own words") {
    for (const std::string& plugin : plugins("released_")) {
        CAPTURE(plugin);
        const Ended poisoned = run(plugin, "scale", {"--option", "field=v"}, "cpu poison=1 1\n");
        CHECK(poisoned.status == 1);
        CHECK(poisoned.errors.find(" cause=\"a point is poisoned\"\n") != std::string::npos);
        const Ended refused = run(plugin, "scale", {"--option", "field=v", "--option", "offset=-1"}, kPoints);
        CHECK(refused.status == 1);
        CHECK(refused.errors.starts_with("udf-host: error: cannot start algorithm=scale "));
    }
}

TEST_CASE("a plugin built with a released header goes on from its snapshot") {
    for (const std::string& plugin : plugins("released_")) {
        CAPTURE(plugin);
        std::string state;
        {
            Task first(plugin);
            first.send(1);
            first.send(2);
            state = first.session.snapshot();
            first.session.finish();
        }
        Task second(plugin);
        second.session.restore(state);
        second.send(3);
        second.session.finish();
        REQUIRE(second.emitted.size() == 2);
        CHECK(second.emitted[0].point().fieldsint().at("n") == 3);
        CHECK(second.emitted[1].point().name() == "total");
    }
}

TEST_CASE("a plugin built with today's header for an older minor runs on a host of that release") {
    for (const auto& entry : fs::directory_iterator(ABI_PLUGINS "/hosts")) {
        const std::string release = entry.path().filename().string().substr(std::string("host_").size());
        for (const std::string& plugin : plugins("today_for_" + release)) {
            CAPTURE(plugin);
            client::Process host({entry.path(), plugin});
            CHECK(read_all(host.from_stdout.get()) ==
                  "scale 1.2.3: scales a field, 7 options, state 3\n"
                  "log 1: scale of node on task\n"
                  "cpu,host=a scaled=1.5,n=1i,strict=false,set=\"x=7;\",every=0i,tags=1i,grouped_by=1i 100\n"
                  "cpu,host=a scaled=1.5,n=2i,strict=false,set=\"x=7;\",every=0i,tags=1i,grouped_by=1i 200\n"
                  "log 1: scale of node on task\n"
                  "cpu,host=a scaled=1.5,n=3i,strict=false,set=\"x=7;\",every=0i,tags=1i,grouped_by=1i 100\n"
                  "total,from=thread n=3i 101\n"
                  "failed: a point is poisoned\n"
                  "mem,host=a sum=7i 10\n"
                  "batch of 2 until 10\n"
                  "mem v=4i 1\n"
                  "mem v=3i 2\n");
            CHECK(host.exited_within(kDeadline));
            CHECK(host.failure().empty());
        }
    }
}

TEST_CASE("a plugin from the future that needs no more than there is runs") {
    const Ended ended = run(future("for_now"), "future", {}, "cpu v=1 1\n");
    CHECK(ended.output == "cpu v=1 1\n");
    CHECK(ended.status == 0);
}

TEST_CASE("a plugin from the future that needs its minor is refused with both and what to do") {
    const std::string newer = std::to_string(UDF_ABI_MINOR + 1), ours = std::to_string(UDF_ABI_MINOR);
    CHECK(refusal(future("needs_next")) == "refused " + future("needs_next") + ": needs plugin interface 1." + newer +
                                               ", this host has 1." + ours + "; update udf-host");
}

TEST_CASE("a plugin from the future that sets what it says it does not need is refused") {
    CHECK(refusal(future("lies")) ==
          "refused " + future("lies") +
              ": algorithm 0 of its table sets members that this host does not know; update udf-host");
}

TEST_CASE("a plugin with two majors is loaded by ours") {
    const plugin::Plugin loaded = plugin::load(future("both_majors"));
    CHECK(loaded.algorithm("future").help == std::string("from the future"));
}
