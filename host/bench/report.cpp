// SPDX-License-Identifier: MIT
#include "bench/report.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdio>
#include <fstream>
#include <thread>
#include <utility>

namespace bench {
namespace {

std::string processor() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
    return "unknown processor";
}

std::string edge(const StreamSpec& spec) {
    return spec.batch_size == 0 ? "stream" : fmt::format("batch {}", spec.batch_size);
}

const char* name_of(Transport transport) { return transport == Transport::pipe ? "pipe" : "socket"; }

nlohmann::ordered_json setting_row(const Setting& setting, const std::string& name) {
    return {{"shape", name_of(setting.stream.shape)},
            {"batch_size", setting.stream.batch_size},
            {"groups", setting.stream.groups},
            {"transport", name_of(setting.transport)},
            {"contender", name}};
}

std::string setting_columns(const Setting& setting) {
    return fmt::format("{:<6} {:<12} {:>7} {:<7}", name_of(setting.stream.shape), edge(setting.stream),
                       setting.stream.groups, name_of(setting.transport));
}

// The column is for those that are based on another one.
std::string against_base(const char* format, double figure) {
    return figure == 0 ? "" : fmt::format(fmt::runtime(format), figure);
}

constexpr const char* kSettingHeader = "shape  edge          groups over   ";
constexpr double kMiB = 1 << 20;

}  // namespace

Report::Report(std::string function, const std::vector<std::string>& options, size_t rounds) {
    utsname system{};
    ::uname(&system);
    const unsigned cores = std::thread::hardware_concurrency();
    json_["udf_host"] = UDF_HOST_VERSION;
    json_["machine"] = {{"processor", processor()}, {"cores", cores}, {"kernel", system.release}};
    json_["function"] = std::move(function);
    json_["options"] = options;
    json_["rounds"] = rounds;
    fmt::print("udf-host {} on {} cores of {}, Linux {}; {}, medians of {} round{}\n", UDF_HOST_VERSION, cores,
               processor(), system.release, json_["function"].get<std::string>(), rounds, rounds == 1 ? "" : "s");
    std::fflush(stdout);
}

void Report::header(const std::string& line) {
    if (line == last_header_) return;
    fmt::print("\n{}\n", line);
    last_header_ = line;
}

void Report::add(const Setting& setting, const std::vector<ThroughputFigures>& figures) {
    header(fmt::format("{} {:<24} {:>12} {:>7} {:>9} {:>9} {:>9} {:>9}", kSettingHeader, "throughput", "points/s",
                       "of cat", "of direct", "CPU ns/pt", "peak MiB", "PSS MiB"));
    for (const ThroughputFigures& f : figures) {
        fmt::print("{} {:<24} {:>12.0f} {:>7.2f} {:>9} {:>9.1f} {:>9.1f} {:>9.1f}\n", setting_columns(setting), f.name,
                   f.points_per_second, f.of_first, against_base("{:.2f}", f.of_base), f.cpu_ns_per_point,
                   static_cast<double>(f.peak_memory) / kMiB, static_cast<double>(f.own_memory) / kMiB);
        nlohmann::ordered_json row = setting_row(setting, f.name);
        row["points_per_second"] = f.points_per_second;
        row["of_cat"] = f.of_first;
        if (f.of_base != 0) row["of_direct"] = f.of_base;
        row["cpu_ns_per_point"] = f.cpu_ns_per_point;
        row["peak_memory_bytes"] = f.peak_memory;
        row["pss_bytes"] = f.own_memory;
        row["points_in"] = f.points_in;
        row["points_out"] = f.points_out;
        json_["throughput"].push_back(std::move(row));
    }
    std::fflush(stdout);
}

void Report::add(const Setting& setting, const std::vector<LatencyFigures>& figures) {
    header(fmt::format("{} {:<24} {:>12} {:>7} {:>9} {:>9} {:>9}", kSettingHeader, "round trip of one", "p50 us",
                       "of cat", "more us", "p99 us", "p99.9 us"));
    for (const LatencyFigures& f : figures) {
        if (f.count == 0)
            fmt::print("{} {:<24} {:>12}\n", setting_columns(setting), f.name, "no answer");
        else
            fmt::print("{} {:<24} {:>12.1f} {:>7.2f} {:>9} {:>9.1f} {:>9.1f}\n", setting_columns(setting), f.name,
                       f.p50, f.p50_of_first, against_base("{:+.1f}", f.p50_over_base), f.p99, f.p999);
        nlohmann::ordered_json row = setting_row(setting, f.name);
        row["round_trips"] = f.count;
        row["p50_us"] = f.p50;
        row["p50_of_cat"] = f.p50_of_first;
        if (f.p50_over_base != 0) row["p50_more_us"] = f.p50_over_base;
        row["p99_us"] = f.p99;
        row["p999_us"] = f.p999;
        json_["latency"].push_back(std::move(row));
    }
    std::fflush(stdout);
}

void Report::add(const std::vector<StartFigures>& figures) {
    header(fmt::format("{:<24} {:>12} {:>7}", "start to Info", "median ms", "worst"));
    for (const StartFigures& f : figures) {
        fmt::print("{:<24} {:>12.2f} {:>7.2f}\n", f.name, f.median, f.worst);
        json_["start"].push_back({{"contender", f.name}, {"median_ms", f.median}, {"worst_ms", f.worst}});
    }
    std::fflush(stdout);
}

}  // namespace bench
