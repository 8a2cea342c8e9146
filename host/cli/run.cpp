// SPDX-License-Identifier: MIT
#include "cli/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "cli/probe.h"
#include "client/drive.h"
#include "client/feed.h"
#include "client/option_values.h"
#include "client/output_file.h"
#include "client/printer.h"
#include "client/process.h"
#include "client/progress.h"
#include "client/session.h"
#include "plugin/path.h"
#include "wire/unique_fd.h"

namespace cli {
namespace {

constexpr const char* kHelp = R"(
Reads InfluxDB line protocol from the files, or from stdin, gives it to the algorithm as Kapacitor
would and prints what comes out. The algorithm runs in a process of its own, so that its crash is
reported. Without --plugin, any other UDF executable is run: its command line stands behind `--`.

Windows are made as by Kapacitor's |window().period(PERIOD).every(EVERY), for each group. Left out,
EVERY is PERIOD; 0s makes a window at each point. What waits in a window at the end of the input
is given to the algorithm as a last one.

Examples:
  udf-host run --plugin moving_avg --option field=usage_idle --option size=10 cpu.lp
  udf-host run --plugin outliers --option field=usage_idle --group-by cpu --window 1m cpu.lp
  tail -f cpu.lp | udf-host run --plugin mirror --output table
  udf-host run --input cpu.lp --option field=usage_idle -- python3 my_udf.py
)";

constexpr std::chrono::seconds kExitLimit(5);
constexpr size_t kReportedLines = 20;  // bad ones; a wrong file has nothing else

struct RunOptions {
    std::string plugin, algorithm, plugins_dir;
    std::vector<std::string> options;
    std::string group_by, window;
    bool group_by_name = false;
    std::string precision = "ns";
    bool strict = false;
    std::string output = "line", output_path;
    std::vector<std::string> input;
    std::vector<std::string> rest;  // files, or the command where there is no plugin

    bool runs_plugin() const { return !plugin.empty(); }
    std::string name() const {
        if (!algorithm.empty()) return algorithm;
        const std::string& path = runs_plugin() ? plugin : rest.front();
        const std::string file = path.substr(path.rfind('/') + 1);
        return runs_plugin() ? file.substr(0, file.find(".so")) : file;
    }
    std::vector<std::string> command() const {
        if (!runs_plugin()) return rest;
        std::vector<std::string> command{"/proc/self/exe", "--plugin", plugin};
        if (!algorithm.empty()) command.insert(command.end(), {"--algorithm", algorithm});
        return command;
    }
    std::vector<std::string> files() const {
        std::vector<std::string> files = input;
        if (runs_plugin()) files.insert(files.end(), rest.begin(), rest.end());
        if (files.empty()) files.emplace_back("-");
        return files;
    }
};

// The first bad line where --strict is given; it has been reported.
struct StrictStop {};

[[noreturn]] void fail_on_file(const std::string& path, int error) {
    throw std::runtime_error(fmt::format("cannot read {}: {}", path, std::system_category().message(error)));
}

wire::unique_fd open_input(const std::string& path) {
    if (path == "-") return wire::unique_fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    wire::unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) fail_on_file(path, errno);
    return fd;
}

// Before anything is started: that a later file is missing should not cost a long run.
void check_inputs(const std::vector<std::string>& files, const std::string& output_path) {
    struct stat output {};
    const bool output_exists = !output_path.empty() && ::stat(output_path.c_str(), &output) == 0;
    for (const std::string& path : files) {
        struct stat input {};
        if (path == "-") continue;
        if (::access(path.c_str(), R_OK) != 0 || ::stat(path.c_str(), &input) != 0) fail_on_file(path, errno);
        if (S_ISDIR(input.st_mode)) fail_on_file(path, EISDIR);
        if (output_exists && input.st_dev == output.st_dev && input.st_ino == output.st_ino && S_ISREG(input.st_mode))
            throw std::runtime_error(fmt::format("{} is both input and output", path));
    }
}

client::Feed::Settings feed_settings(const RunOptions& run) {
    client::Feed::Settings settings;
    try {
        settings.grouping = client::parse_grouping(run.group_by, run.group_by_name);
    } catch (const std::invalid_argument& e) {
        throw CLI::ValidationError("--group-by", e.what());
    }
    try {
        if (!run.window.empty()) settings.window = client::parse_window(run.window);
    } catch (const std::invalid_argument& e) {
        throw CLI::ValidationError("--window", e.what());
    }
    const auto unit = client::precision_unit(run.precision);
    if (!unit)
        throw CLI::ValidationError("--precision", fmt::format("'{}' is none of ns, us, ms, s, m, h", run.precision));
    settings.unit = *unit;
    return settings;
}

void check_edges(const RunOptions& run, const client::pb::InfoResponse& info) {
    const bool wants_batches = info.wants() == client::pb::BATCH;
    if (wants_batches && run.window.empty())
        throw std::runtime_error(fmt::format(
            "{} takes batches: say how to make them of the points, for example with --window 10s", run.name()));
    if (!wants_batches && !run.window.empty())
        throw std::runtime_error(fmt::format("{} takes single points, not batches: leave out --window", run.name()));
}

client::OutputFile open_output(const std::string& path) {
    return path.empty() ? client::OutputFile(STDOUT_FILENO, "stdout") : client::OutputFile(path);
}

// Asks what the function is, tells it what it shall do.
void start(client::Session& session, const RunOptions& run) {
    const client::pb::InfoResponse info = session.info();
    check_edges(run, info);
    session.init(client::parse_options(run.options, info), "run", run.name());
}

void feed_files(client::Drive& drive, client::Feed& feed, const std::vector<std::string>& files, std::string& current) {
    for (const std::string& path : files) {
        current = path == "-" ? "stdin" : path;
        const wire::unique_fd file = open_input(path);
        drive.read_file(file.get(), feed);
    }
    feed.end();
}

// Functions often say themselves who they are.
std::string with_name(const std::string& name, const std::string& error) {
    return error.starts_with(name) ? error : fmt::format("{}: {}", name, error);
}

int run(RunOptions options) {
    if (options.runs_plugin()) {
        // What is wrong with the file is said here, once and plainly.
        options.plugin = plugin::find(options.plugin, plugin::search_path(options.plugins_dir)).string();
        if (const Probe found = probe(options.plugin); !found.problem.empty()) throw std::runtime_error(found.problem);
    }
    const std::vector<std::string> files = options.files();
    client::Feed::Settings settings = feed_settings(options);
    check_inputs(files, options.output_path);
    client::OutputFile out = open_output(options.output_path);
    const std::unique_ptr<client::Printer> printer = client::make_printer(options.output, out);
    client::Progress progress(STDERR_FILENO, ::isatty(STDERR_FILENO) && !::isatty(out.fd()));
    client::Process process(options.command());
    client::Drive drive(process, *printer, progress);

    std::string current;  // the file being read, as reports call it
    size_t reported = 0;
    const auto report = [&](size_t line, const client::BadLine& bad) {
        progress.erase();
        if (reported++ < kReportedLines)
            fmt::print(stderr, "{}:{}: {} (column {})\n", current, line, bad.reason, bad.column);
        else if (reported == kReportedLines + 1)
            fmt::print(stderr, "further bad lines are only counted\n");
        if (options.strict) throw StrictStop();
    };
    client::Feed feed(
        std::move(settings), [&](const client::pb::Request& request) { drive.send(request); }, report);

    int status = 0;
    try {
        start(drive.session(), options);
        out.drop_old();
        try {
            feed_files(drive, feed, files, current);
        } catch (const StrictStop&) {
            status = 1;
        }
        drive.finish();
    } catch (const client::Interrupted& e) {
        drive.finish_soon();
        process.kill();
        return 128 + e.signal;
    } catch (const client::ReaderGone&) {
        return 0;
    } catch (const client::UdfError& e) {
        printer->flush();
        if (options.runs_plugin()) {  // udf-host has logged it, or is about to
            drive.hang_up();
            process.exited_within(kExitLimit);
            return 1;
        }
        throw std::runtime_error(with_name(options.name(), e.what()));
    } catch (const client::ProtocolError& e) {
        printer->flush();
        const std::string failure = process.exited_within(kExitLimit) ? process.failure() : "";
        throw std::runtime_error(failure.empty() ? fmt::format("{}: {}", options.name(), e.what())
                                                 : fmt::format("{} {}: {}", options.name(), failure, e.what()));
    }
    progress.erase();
    if (feed.bad_lines() > 0 && !options.strict)
        spdlog::warn("{} bad line{} skipped", feed.bad_lines(), feed.bad_lines() == 1 ? "" : "s");
    if (!process.exited_within(kExitLimit))
        throw std::runtime_error(fmt::format("{} did not exit within {} s after it ended its output: killed",
                                             options.name(), kExitLimit.count()));
    if (!process.failure().empty())
        throw std::runtime_error(fmt::format("{} {} ({} points in, {} out)", options.name(), process.failure(),
                                             drive.points_in(), drive.points_out()));
    return status;
}

}  // namespace

void add_run(CLI::App& app) {
    auto options = std::make_shared<RunOptions>();
    CLI::App& command = *app.add_subcommand("run", "Try an algorithm on line protocol, without Kapacitor");
    command.footer(kHelp);
    command.add_option("--plugin", options->plugin, "The plugin, by name or by path")->type_name("NAME_OR_PATH");
    command.add_option("--algorithm", options->algorithm, "Which of its algorithms; not needed where it has one")
        ->type_name("NAME");
    command
        .add_option("--plugins-dir", options->plugins_dir,
                    "Look here, instead of in $UDF_HOST_PLUGINS or the installed directory")
        ->type_name("DIR");
    command
        .add_option("--option", options->options,
                    "An option as in the TICKscript, any number of times; 'a,b' in quotes for a comma")
        ->type_name("NAME=VALUE[,VALUE]")
        ->allow_extra_args(false);
    command.add_option("--group-by", options->group_by, "Group by these tags, or by all: *")->type_name("TAG[,TAG]");
    command.add_flag("--group-by-name", options->group_by_name, "Group by measurement too");
    command.add_option("--window", options->window, "Make batches, for algorithms that take those")
        ->type_name("PERIOD[,EVERY]");
    command.add_option("--precision", options->precision, "The unit of timestamps: ns, us, ms, s, m or h")
        ->type_name("UNIT")
        ->capture_default_str();
    command.add_flag("--strict", options->strict, "Stop at the first bad line, with status 1; otherwise it is skipped");
    command.add_option("--output", options->output, "line (line protocol), json (one object a line) or table")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"line", "json", "table"}))
        ->capture_default_str();
    command.add_option("-o,--output-file", options->output_path, "Write to this file instead of stdout")
        ->type_name("FILE");
    command.add_option("--input", options->input, "Read this file; - is stdin")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command.add_option("FILES", options->rest, "Files to read; without --plugin, the command to run");
    command.callback([options] {
        if (!options->runs_plugin() && options->rest.empty())
            throw CLI::RequiredError("--plugin NAME, or a command after --,");
        if (!options->runs_plugin() && ::access(options->rest.front().c_str(), F_OK) == 0 &&
            ::access(options->rest.front().c_str(), X_OK) != 0)
            throw CLI::RequiredError(fmt::format("--plugin, to run on {},", options->rest.front()));
        const int status = run(*options);
        if (status != 0) throw CLI::RuntimeError(status);
    });
}

}  // namespace cli
