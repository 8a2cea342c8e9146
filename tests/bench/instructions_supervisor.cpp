// SPDX-License-Identifier: MIT
//
// instructions_supervisor COMMAND ARGS...: supervises a worker as udf-host does, on standard input and
// output, and nothing else. udf-host itself starts its worker as /proc/self/exe, and that cannot be had
// under valgrind.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "supervisor/supervisor.h"
#include "supervisor/worker.h"
#include "wire/channel.h"

int main(int argc, char** argv) try {
    const std::vector<std::string> command(argv + 1, argv + argc);
    supervisor::Settings settings;
    settings.function = "instructions_supervisor";
    settings.start = [command] {
        return std::make_unique<supervisor::WorkerProcess>(
            supervisor::WorkerProcess::Command{.words = command, .over = supervisor::Speaks::shared_memory});
    };
    wire::FdChannel channel(wire::unique_fd(::dup(STDIN_FILENO)), wire::unique_fd(::dup(STDOUT_FILENO)));
    return supervisor::Supervisor(channel, settings).serve() ? 0 : 1;
} catch (const std::exception& e) {
    std::fprintf(stderr, "instructions_supervisor: %s\n", e.what());
    return 1;
}
