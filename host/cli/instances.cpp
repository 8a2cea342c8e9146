// SPDX-License-Identifier: MIT
#include "cli/instances.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "metrics/json.h"
#include "server/control_client.h"

namespace cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds kLimit{1000};
constexpr int kDeepest = 8;  // levels of what we have written

json parse(const std::string& line) {
    return json::parse(line, [](int depth, json::parse_event_t, json&) {
        if (depth > kDeepest) throw std::invalid_argument("too deep");
        return true;
    });
}

}  // namespace

Instance instance_of(const std::string& line) {
    const json answer = parse(line);
    Instance instance;
    instance.process = answer.at("pid").get<int>();
    instance.version = answer.at("version").get<std::string>();
    instance.mode = answer.at("mode").get<std::string>();
    for (const json& connection : answer.at("connections"))
        instance.connections.push_back(metrics::session_of(connection));
    return instance;
}

std::vector<Instance> instances() {
    std::vector<Instance> all;
    for (const server::ControlAnswer& answer : server::ask_all("status", kLimit)) {
        Instance instance;
        std::string problem = answer.problem;
        if (problem.empty()) try {
                instance = instance_of(answer.line);
            } catch (const std::exception&) {
                problem = "its answer is not understood; is it of the same version?";
            }
        if (!problem.empty()) instance.process = answer.process;
        instance.problem = std::move(problem);
        instance.socket = answer.socket;
        instance.at = answer.at;
        all.push_back(std::move(instance));
    }
    return all;
}

}  // namespace cli
