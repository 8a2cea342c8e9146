// SPDX-License-Identifier: MIT
#include "cli/bench.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/comparison.h"
#include "bench/report.h"
#include "cli/probe.h"
#include "client/option_values.h"
#include "client/output_file.h"
#include "client/session.h"
#include "plugin/path.h"

namespace cli {
namespace {

constexpr const char* kBenchHelp = R"(
Sends generated points as fast as they are taken, and reads what comes back. `cat` has its turn in
the same rounds: it shows what pipes and sockets alone allow on this machine, and noise strikes
both. A plugin is measured in the agent alone (--isolation none) and supervised; `of direct` is what
supervision leaves of the throughput, where sender, reader, supervisor and worker have a core each
(on fewer it also tells how they share them), `more us` what it adds to a round trip: to be held
against what `cat | cat` adds to `cat`. Without --plugin, any other UDF executable is measured: its
command stands behind `--`.

The points have the field 'usage_idle' and are grouped by the tag 'host':
  small  1 tag, 1 double, about 90 bytes       cpu  2 tags, 10 doubles, about 360 bytes

Examples:
  udf-host bench --plugin mirror
  udf-host bench --plugin moving_avg --option field=usage_idle --option size=10 --groups 16,100000
  udf-host bench --plugin mirror --peer 'Go agent=/opt/udf/mirror' --measure throughput --json out.json
  udf-host bench --option field=usage_idle -- python3 my_udf.py
)";

constexpr size_t kStarts = 5;       // in a round
constexpr size_t kSmallBatch = 10;  // points in the batch of a round trip

struct BenchOptions {
    std::string plugin, algorithm, plugins_dir;
    std::vector<std::string> options, peers, command;
    std::vector<std::string> shapes{"small", "cpu"}, transports{"pipe"}, measures{"throughput", "latency", "start"};
    std::vector<size_t> groups{16}, batch_sizes{10, 10'000};
    size_t rounds = 5, round_trips = 5000;
    double seconds = 1;
    uint64_t points = 0;
    std::string json;

    bool measured(const std::string& what) const { return std::ranges::find(measures, what) != measures.end(); }
};

bench::Contender function_of(const BenchOptions& options) {
    if (options.plugin.empty()) {
        const std::string& path = options.command.front();
        return {.name = path.substr(path.rfind('/') + 1), .command = options.command};
    }
    const std::filesystem::path file = plugin::find(options.plugin, plugin::search_path(options.plugins_dir));
    // What is wrong with the file is said here, once and plainly.
    if (const Probe found = probe(file); !found.problem.empty()) throw std::runtime_error(found.problem);
    bench::Contender function{.name = options.algorithm.empty() ? file.stem().string() : options.algorithm,
                              .command = {"/proc/self/exe", "--plugin", file.string()},
                              .listens = true};
    if (!options.algorithm.empty()) function.command.insert(function.command.end(), {"--algorithm", options.algorithm});
    function.command.insert(function.command.end(), {"--isolation", "none"});
    return function;
}

// The same plugin, as it runs where nothing else is asked for.
bench::Contender supervised(const bench::Contender& function) {
    bench::Contender contender = function;
    contender.name += ", supervised";
    contender.based_on = function.name;
    contender.command.back() = "process";
    return contender;
}

bench::Contender peer_of(const std::string& text) {
    const size_t equals = text.find('=');
    if (equals == text.npos || equals == 0 || equals + 1 == text.size())
        throw CLI::ValidationError("--peer", fmt::format("'{}' is not NAME=COMMAND", text));
    return {.name = text.substr(0, equals), .command = {"sh", "-c", "exec " + text.substr(equals + 1)}};
}

// What the function takes, asked before anything is measured, so that wrong options are one line.
client::pb::EdgeType check(const bench::Contender& function, const std::vector<std::string>& options) {
    try {
        bench::Subject subject(function, bench::Transport::pipe);
        const client::pb::InfoResponse info = subject.info();
        subject.start(options);
        return info.wants();
    } catch (const std::exception& e) {
        throw std::runtime_error(fmt::format("{}: {}", function.name, e.what()));
    }
}

std::vector<bench::Setting> settings_of(const BenchOptions& options, client::pb::EdgeType wants) {
    const std::vector<size_t> stream{0};
    std::vector<bench::Setting> settings;
    for (const std::string& transport : options.transports)
        for (const std::string& shape : options.shapes)
            for (const size_t batch_size : wants == client::pb::STREAM ? stream : options.batch_sizes)
                for (const size_t groups : options.groups)
                    settings.push_back(
                        {.stream = {.shape = shape == "cpu" ? bench::Shape::cpu : bench::Shape::small,
                                    .groups = groups,
                                    .batch_size = batch_size},
                         .transport = transport == "socket" ? bench::Transport::socket : bench::Transport::pipe});
    return settings;
}

class ProgressLine {
public:
    explicit ProgressLine(bool wanted) : wanted_(wanted) {}
    ~ProgressLine() { erase(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const std::string& what) const {
        if (wanted_) fmt::print(stderr, "\r\x1b[K{}", what);
    }
    void erase() const {
        if (wanted_) fmt::print(stderr, "\r\x1b[K");
    }

private:
    const bool wanted_;
};

void run(const BenchOptions& options, client::Interrupt& interrupt) {
    std::optional<client::OutputFile> json;
    if (!options.json.empty()) json.emplace(options.json);  // that it cannot be written should not cost a long run

    const bench::Contender function = function_of(options);
    const client::pb::EdgeType wants = check(function, options.options);
    std::vector<bench::Contender> contenders{bench::cat(), function};
    if (!options.plugin.empty()) contenders.push_back(supervised(function));
    for (const std::string& peer : options.peers) contenders.push_back(peer_of(peer));

    const ProgressLine progress(::isatty(STDERR_FILENO) != 0);
    const auto show = [&](const std::string& what) { progress.show(what); };
    const bench::Comparison comparison(contenders, options.options, options.rounds, interrupt, show);
    contenders.insert(contenders.begin() + 1, bench::two_cats());
    const bench::Comparison latencies(std::move(contenders), options.options, options.rounds, interrupt, show);
    bench::Report report(function.name, options.options, options.rounds);
    const auto add = [&](auto&&... figures) {
        progress.erase();
        report.add(figures...);
    };
    const std::vector<bench::Setting> settings = settings_of(options, wants);
    const bench::Amount amount{.time = std::chrono::nanoseconds(static_cast<int64_t>(options.seconds * 1e9)),
                               .points = options.points ? options.points : UINT64_MAX};
    if (options.measured("throughput"))
        for (const bench::Setting& setting : settings) add(setting, comparison.throughput(setting, amount));
    if (options.measured("latency"))
        for (const bench::Setting& setting : settings) {
            const bool repeats =
                setting.stream.groups != options.groups.front() ||
                (wants == client::pb::BATCH && setting.stream.batch_size != options.batch_sizes.front());
            if (repeats) continue;
            bench::Setting single = setting;
            if (wants == client::pb::BATCH) single.stream.batch_size = kSmallBatch;
            add(single, latencies.latency(single, options.round_trips));
        }
    if (options.measured("start")) add(comparison.start(kStarts));
    if (json) {
        json->drop_old();
        json->buffer() += report.json().dump(2) + "\n";
        json->flush();
    }
}

}  // namespace

void add_bench(CLI::App& app) {
    const auto options = std::make_shared<BenchOptions>();
    CLI::App& command = *app.add_subcommand("bench", "Measure how fast an algorithm is, beside cat");
    command.footer(kBenchHelp);
    command.add_option("--plugin", options->plugin, "The plugin, by name or by path")->type_name("NAME_OR_PATH");
    command.add_option("--algorithm", options->algorithm, "Which of its algorithms; not needed where it has one")
        ->type_name("NAME");
    command
        .add_option("--plugins-dir", options->plugins_dir,
                    "Look here, instead of in $UDF_HOST_PLUGINS or the installed directory")
        ->type_name("DIR");
    command.add_option("--option", options->options, "An option as in the TICKscript, any number of times")
        ->type_name("NAME=VALUE[,VALUE]")
        ->allow_extra_args(false);
    command
        .add_option("--peer", options->peers,
                    "Measure this UDF too, with the same options; the command is run by sh. Any number of times")
        ->type_name("NAME=COMMAND")
        ->allow_extra_args(false);
    command.add_option("--measure", options->measures, "Any of throughput, latency, start")
        ->type_name("WHAT[,WHAT]")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"throughput", "latency", "start"}).description(""))
        ->capture_default_str();
    command.add_option("--shape", options->shapes, "Kinds of points: small, cpu")
        ->type_name("SHAPE[,SHAPE]")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"small", "cpu"}).description(""))
        ->capture_default_str();
    command.add_option("--groups", options->groups, "Numbers of groups")
        ->type_name("N[,N]")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::Range(size_t{1}, size_t{1'000'000}).description(""))
        ->capture_default_str();
    command.add_option("--batch-size", options->batch_sizes, "Points in a batch, for algorithms that take batches")
        ->type_name("N[,N]")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::Range(size_t{1}, size_t{100'000}).description(""))
        ->capture_default_str();
    command.add_option("--transport", options->transports, "Over a pipe, a unix socket, or both")
        ->type_name("pipe[,socket]")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"pipe", "socket"}).description(""))
        ->capture_default_str();
    command.add_option("--rounds", options->rounds, "Rounds in which each has its turn; figures are medians of them")
        ->type_name("N")
        ->check(CLI::Range(size_t{1}, size_t{1000}).description(""))
        ->capture_default_str();
    command.add_option("--seconds", options->seconds, "Send for so long in each round")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.01, 3600.).description(""))
        ->capture_default_str();
    command.add_option("--points", options->points, "Send so many points in each round, however long it takes")
        ->type_name("N");
    command.add_option("--round-trips", options->round_trips, "Messages sent one at a time in each round")
        ->type_name("N")
        ->check(CLI::Range(size_t{1}, size_t{10'000'000}).description(""))
        ->capture_default_str();
    command.add_option("--json", options->json, "Write the figures to this file as well, as JSON")->type_name("FILE");
    command.add_option("COMMAND", options->command, "Without --plugin: the UDF to run");
    command.callback([options] {
        if (options->plugin.empty() && options->command.empty())
            throw CLI::RequiredError("--plugin NAME, or a command after --,");
        if (!options->plugin.empty() && !options->command.empty()) throw CLI::ExtrasError({options->command.front()});
        client::Interrupt interrupt;
        try {
            run(*options, interrupt);
        } catch (const client::Interrupted& e) {
            throw CLI::RuntimeError(128 + e.signal);
        }
    });
}

}  // namespace cli
