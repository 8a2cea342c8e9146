// SPDX-License-Identifier: MIT
#include "cli/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "cli/probe.h"
#include "cli/run_inputs.h"
#include "cli/run_options.h"
#include "cli/run_plot.h"
#include "cli/watch.h"
#include "client/dead_letter_feed.h"
#include "client/drive.h"
#include "client/feed.h"
#include "client/option_values.h"
#include "client/output_file.h"
#include "client/printer.h"
#include "client/process.h"
#include "client/progress.h"
#include "client/session.h"
#include "log/log.h"
#include "plugin/path.h"
#include "wire/dead_letter.h"
#include "wire/unique_fd.h"

namespace cli {
namespace {

constexpr std::chrono::seconds kExitLimit(5);
constexpr size_t kReportedLines = 20;  // bad ones; a wrong file has nothing else

// The first bad line where --strict is given; it has been reported.
struct StrictStop {};

using DeadLetters = std::vector<wire::DeadLetter>;

void check_edges(const RunOptions& run, const DeadLetters& letters, const client::pb::InfoResponse& info) {
    const bool wants_batches = info.wants() == client::pb::BATCH;
    for (const wire::DeadLetter& letter : letters)
        if (client::edge_of(letter) != info.wants())
            throw std::runtime_error(fmt::format("{} takes {}, but there is a dead letter with a {}: {}", run.name(),
                                                 wants_batches ? "batches" : "single points",
                                                 wants_batches ? "point" : "batch", client::describe(letter)));
    if (run.reads_dead_letters()) return;
    if (wants_batches && run.window.empty())
        throw std::runtime_error(fmt::format(
            "{} takes batches: say how to make them of the points, for example with --window 10s", run.name()));
    if (!wants_batches && !run.window.empty())
        throw std::runtime_error(fmt::format("{} takes single points, not batches: leave out --window", run.name()));
}

client::OutputFile open_output(const std::string& path) {
    return path.empty() ? client::OutputFile(STDOUT_FILENO, "stdout") : client::OutputFile(path);
}

// Asks what the function is, tells it what it shall do: the options, as it takes them.
std::vector<client::pb::Option> start(client::Session& session, const RunOptions& run, const DeadLetters& letters) {
    const client::pb::InfoResponse info = session.info();
    check_edges(run, letters, info);
    std::vector<client::pb::Option> options = client::parse_options(run.options, info);
    session.init(options, "run", run.name());
    return options;
}

void feed_files(client::Drive& drive, client::Feed& feed, const std::vector<std::string>& files, std::string& current) {
    for (const std::string& path : files) {
        current = path == "-" ? "stdin" : path;
        const wire::unique_fd file = open_input(path);
        drive.read_file(file.get(), feed);
    }
    feed.end();
}

void feed_letters(client::Drive& drive, const DeadLetters& letters, const std::string& file) {
    fmt::print(stderr, "{} dead letter{} in {}\n", letters.size(), letters.size() == 1 ? "" : "s", file);
    for (const wire::DeadLetter& letter : letters) fmt::print(stderr, "  {}\n", client::describe(letter));
    for (const wire::DeadLetter& letter : letters) client::feed(letter, drive);
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
    client::Feed::Settings settings = options.feed_settings();
    check_inputs(files, {options.output_path, options.plot_path});
    DeadLetters letters;
    if (options.reads_dead_letters()) letters = wire::read_dead_letters(options.dead_letter_file);
    RunPlot plot(options);
    client::OutputFile out = open_output(options.output_path);
    const std::unique_ptr<client::Printer> printer = client::make_printer(options.output, out);
    client::Progress progress(STDERR_FILENO, ::isatty(STDERR_FILENO) && !::isatty(out.fd()));
    client::Process process(options.command());
    client::Drive drive(process, *printer, progress);
    if (!options.record.file.empty()) drive.record(recorder_in_place_of_kapacitor(options.record, options.name()));

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
        plot.begin(drive, start(drive.session(), options, letters));
        out.drop_old();
        try {
            if (options.reads_dead_letters())
                feed_letters(drive, letters, options.dead_letter_file);
            else
                feed_files(drive, feed, files, current);
        } catch (const StrictStop&) {
            status = 1;
        }
        drive.finish();
    } catch (const client::Interrupted& e) {
        drive.finish_soon();
        plot.write_early();
        process.kill();
        return 128 + e.signal;
    } catch (const client::ReaderGone&) {
        plot.write_early();
        return 0;
    } catch (const client::UdfError& e) {
        printer->flush();
        plot.write_early();
        if (options.runs_plugin()) {  // udf-host has logged it, or is about to
            drive.hang_up();
            process.exited_within(kExitLimit);
            return 1;
        }
        throw std::runtime_error(with_name(options.name(), e.what()));
    } catch (const client::ProtocolError& e) {
        printer->flush();
        plot.write_early();
        const std::string failure = process.exited_within(kExitLimit) ? process.failure() : "";
        throw std::runtime_error(failure.empty() ? fmt::format("{}: {}", options.name(), e.what())
                                                 : fmt::format("{} {}: {}", options.name(), failure, e.what()));
    }
    progress.erase();
    status == 0 ? plot.write() : plot.write_early();
    if (feed.bad_lines() > 0 && !options.strict)
        logging::warning(fmt::format("{} bad line{} skipped", feed.bad_lines(), feed.bad_lines() == 1 ? "" : "s"));
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
    add_run_options(command, *options);
    command.callback([options, &command] {
        options->check(command);
        const int status =
            options->watch ? watch(*options, [](RunOptions again) { return run(std::move(again)); }) : run(*options);
        if (status != 0) throw CLI::RuntimeError(status);
    });
}

}  // namespace cli
