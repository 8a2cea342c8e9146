// SPDX-License-Identifier: MIT
//
// The dashboard, the alerts and Telegraf's configuration that come with udf-host speak of what there is.
#include <doctest/doctest.h>

#include <toml++/toml.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "metrics/families.h"

using nlohmann::json;
using Names = std::set<std::string>;

namespace {

std::string packaging_file(const std::string& name) {
    std::ifstream file(PACKAGING "/" + name);
    REQUIRE_MESSAGE(file, name);
    return {std::istreambuf_iterator<char>(file), {}};
}

// What the exporter gives, by type.
Names exported(metrics::Family::Type type) {
    Names names;
    for (const metrics::Family& family : metrics::families({}, {}))
        if (family.type == type) names.insert(family.name);
    return names;
}

Names all_exported() {
    Names names;
    for (const metrics::Family& family : metrics::families({}, {})) names.insert(family.name);
    return names;
}

// The names of metrics in expressions; a histogram's bucket stands for it.
Names metrics_in(const std::string& text) {
    static const std::regex kName("udf_host_[a-z0-9_]+");
    Names names;
    for (std::sregex_iterator i(text.begin(), text.end(), kName), end; i != end; ++i) {
        const std::string name = i->str(), whole = name.substr(0, name.rfind('_'));
        names.insert(exported(metrics::Family::Type::histogram).contains(whole) ? whole : name);
    }
    return names;
}

// All that stands under a key anywhere.
void collect(const json& in, const std::string& key, std::string& out) {
    if (in.is_object() && in.contains(key) && in[key].is_string()) out += in[key].get<std::string>() + "\n";
    if (in.is_structured())
        for (const json& each : in) collect(each, key, out);
}

std::string expressions_of_dashboard() {
    const json dashboard = json::parse(packaging_file("grafana/udf-host.json"));
    std::string all;
    for (const char* key : {"expr", "query"}) collect(dashboard, key, all);
    return all;
}

std::string expressions_of_rules() {
    std::string all;
    std::ifstream file(PACKAGING "/prometheus/udf-host.rules.yml");
    bool in_expression = false;
    for (std::string line; std::getline(file, line);) {
        const bool begins = line.find("expr:") != line.npos;
        in_expression = begins || (in_expression && line.starts_with("          "));
        if (in_expression) all += line + "\n";
    }
    return all;
}

// Those of `names` that no expression is of.
Names without(Names names, const Names& others) {
    for (const std::string& name : others) names.erase(name);
    return names;
}

}  // namespace

TEST_CASE("the dashboard shows every metric there is, and none that there is not") {
    CHECK(metrics_in(expressions_of_dashboard()) == all_exported());
}

TEST_CASE("the dashboard can be narrowed to an algorithm, task and node of any source of data") {
    const json dashboard = json::parse(packaging_file("grafana/udf-host.json"));
    Names variables;
    for (const json& variable : dashboard["templating"]["list"]) variables.insert(variable["name"]);
    CHECK(variables == Names{"datasource", "instance", "algorithm", "task", "node"});
    for (const json& panel : dashboard["panels"]) {
        if (panel["type"] == "row") continue;
        CHECK(panel["datasource"]["uid"] == "${datasource}");
        for (const json& target : panel["targets"]) {
            const std::string expression = target["expr"];
            CAPTURE(expression);
            const bool of_process = expression.find("build_info") != expression.npos;
            const bool of_algorithm = expression.find("udf_host_connections") != expression.npos;
            CHECK(expression.find("instance=~\"$instance\"") != expression.npos);
            CHECK((of_process || expression.find("algorithm=~\"$algorithm\"") != expression.npos));
            CHECK(
                (of_process || of_algorithm || expression.find("task=~\"$task\",node=~\"$node\"") != expression.npos));
        }
    }
}

TEST_CASE("panels of the dashboard have ids of their own and lie beside each other") {
    const json dashboard = json::parse(packaging_file("grafana/udf-host.json"));
    std::set<int> ids;
    std::set<std::pair<int, int>> taken;
    for (const json& panel : dashboard["panels"]) {
        CHECK(ids.insert(panel["id"].get<int>()).second);
        const json& place = panel["gridPos"];
        for (int x = place["x"]; x < place["x"].get<int>() + place["w"].get<int>(); ++x)
            for (int y = place["y"]; y < place["y"].get<int>() + place["h"].get<int>(); ++y) {
                CHECK(x < 24);
                CHECK(taken.emplace(x, y).second);
            }
    }
}

TEST_CASE("counters are looked at by how they grow, others as they are") {
    const Names counters = exported(metrics::Family::Type::counter), gauges = exported(metrics::Family::Type::gauge);
    const std::string all = expressions_of_dashboard() + expressions_of_rules();
    static const std::regex kUse("(\\w*)\\(?(udf_host_[a-z0-9_]+)");
    for (std::sregex_iterator i(all.begin(), all.end(), kUse), end; i != end; ++i) {
        const std::string by = (*i)[1], name = (*i)[2];
        CAPTURE(i->str());
        const bool grows = by == "rate" || by == "increase";
        if (counters.contains(name)) CHECK((grows || by == "label_values"));
        if (gauges.contains(name)) CHECK(!grows);
    }
}

TEST_CASE("alerts are about metrics that there are, all but those that are nothing to be woken for") {
    const Names in_rules = metrics_in(expressions_of_rules());
    CHECK(without(in_rules, all_exported()).empty());
    CHECK(without(all_exported(), in_rules) ==
          Names{"udf_host_build_info", "udf_host_checkpoint_bytes", "udf_host_connections", "udf_host_journal_frames",
                "udf_host_received_batches_total", "udf_host_received_bytes_total", "udf_host_sent_batches_total",
                "udf_host_sent_bytes_total", "udf_host_sent_points_total", "udf_host_worker_upgrades_total"});
}

TEST_CASE("Telegraf's configuration listens where it tells udf-host to send") {
    const std::string text = packaging_file("telegraf/udf-host.conf");
    const toml::table parsed = toml::parse(text);
    const auto& listener = *parsed["inputs"]["socket_listener"][0].as_table();
    CHECK(listener["data_format"].value_or(std::string()) == "influx");
    const std::string address = listener["service_address"].value_or(std::string());
    REQUIRE(address.starts_with("unixgram:///"));
    CHECK(text.find("\"--metrics-to\", \"unixgram:" + address.substr(std::string("unixgram://").size()) + "\"") !=
          text.npos);
}
