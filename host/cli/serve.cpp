// SPDX-License-Identifier: MIT
#include "cli/serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/config.h"
#include "cli/offers.h"
#include "cli/serve_options.h"
#include "cli/service.h"
#include "cli/universal_names.h"
#include "cli/watching.h"
#include "log/log.h"
#include "plugin/path.h"
#include "plugin/trust.h"
#include "server/exit_deadline.h"
#include "server/service_manager.h"
#include "server/socket.h"
#include "server/stderr_relay.h"
#include "text/near_name.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// From what is offered and configured to sockets. All on the thread that serves, but for what is marked [any].
class Server {
public:
    explicit Server(const CLI::App& given) : given_(given), config_(ServeConfig::read(given)) {
        look_into_directories();
        make_socket_dir();
    }

    bool run() {
        set_log(config_.common().log);
        for (const std::string& note : config_.notes()) logging::warning(note);
        for (const std::string& name : config_.named())
            if (config_.of(name).enabled) service(name).await();
        server::block_stop_signals();
        server::block_hangup_signal();
        server::relay_stderr();
        watching_.open_control(Watching::kServe);
        watching_.tell(config_.common().serving.metrics);
        offers_->look();
        sync();
        if (config_.common().universal) listen_universal();
        return sockets_.run({.stop_timeout = from_seconds(config_.common().serving.stop_timeout),
                             .on_hangup = [this] { reread(); },
                             .chores = [this] { return chores(); },
                             .done = [this] { look(); },
                             .ready = [this] { return said_settled_; }});
    }
    void tell_last() noexcept { watching_.tell_last(); }

private:
    using Clock = Offers::Clock;
    static constexpr milliseconds kLookAtSockets{1000};

    std::vector<fs::path> directories() const {
        const auto& given = config_.common().plugins_dirs;
        return given.empty() ? plugin::server_search_path({}) : given;
    }

    void look_into_directories() {
        said_settled_ = false;
        for (const fs::path& directory : directories()) try {
                plugin::follow_trusted_directory(directory);
            } catch (const plugin::Untrusted& e) {
                logging::error("a directory of plugins is not trusted: nothing in it is served",
                               {{"directory", directory.native()}, {"cause", e.what()}});
            } catch (const std::system_error& e) {
                logging::warning("a directory of plugins cannot be read: it is looked at again",
                                 {{"directory", directory.native()}, {"cause", e.code().message()}});
            }
        offers_.emplace(directories(), plugin::Directory::Times{.poll = from_seconds(config_.common().poll_interval)});
    }

    void make_socket_dir() const {
        const fs::path& directory = config_.common().socket_dir;
        std::error_code error, none;
        fs::create_directory(directory, error);
        if (fs::is_directory(directory, none)) return;
        throw std::runtime_error(fmt::format("there is no directory {} to make sockets in, and it cannot be made: {}",
                                             directory.native(),
                                             error ? error.message() : "something else has its name"));
    }

    static fs::path socket_file(const fs::path& directory, const std::string& name) {
        return directory / (name + ".sock");
    }
    wire::Endpoint endpoint(const std::string& name) const {
        return {.path = socket_file(config_.common().socket_dir, name)};
    }

    // ---- The loop ----

    server::Chores chores() const {
        const auto next = std::min(offers_->next_look(), sockets_looked_at_ + kLookAtSockets);
        return {.fds = offers_->fds(), .within = std::chrono::ceil<milliseconds>(next - Clock::now())};
    }

    void look() {
        const bool changed = offers_->look();
        const auto now = Clock::now();
        const bool settled = offers_->settled() && !std::exchange(said_settled_, true);
        if (!changed && !settled && now - sockets_looked_at_ < kLookAtSockets) return;
        sockets_looked_at_ = now;
        sync();
        if (settled) tell_what_is_served();
    }

    void tell_what_is_served() {
        for (const auto& [name, service] : services_)
            if (!service->version()) service->is_not_there(why_not(name));
        // As where another serve has the same directory: whoever starts this one is told.
        if (!std::exchange(has_settled_, true) && listening_.empty() && !told_.empty())
            throw std::runtime_error("nothing can be served: " + told_.begin()->second);
        logging::info("serving", {{"algorithms", offers_->algorithms().size()},
                                  {"plugins", plugin::describe(directories())},
                                  {"sockets", config_.common().socket_dir.native()}});
        server::notify_service_manager(fmt::format("STATUS=serving {} algorithms", offers_->algorithms().size()));
        for (const std::string& path : server::unused_activated_sockets())
            logging::warning(
                "opened for us by the service manager, but nothing is served there: whoever connects waits",
                {{"socket", path}});
    }

    std::string why_not(const std::string& name) const {
        std::vector<std::string> names;
        for (const auto& [other, offer] : offers_->algorithms()) names.push_back(other);
        return fmt::format("no plugin in {} offers the algorithm '{}'{}", plugin::describe(directories()), name,
                           text::did_you_mean(name, {names.begin(), names.end()}));
    }

    // ---- Sockets ----

    Service& service(const std::string& name) {
        const std::lock_guard lock(mutex_);
        auto& found = services_[name];
        if (!found) {
            found = std::make_unique<Service>(name, watching_.registry());
            found->set(config_.of(name));
        }
        return *found;
    }
    // [any]
    Service* find(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found = services_.find(name);
        return found == services_.end() ? nullptr : found->second.get();
    }

    bool is_listening(const std::string& name) const { return listening_.contains(name); }
    bool is_universal(const std::string& name) const { return config_.common().universal && is_universal_name(name); }

    // What is offered, or is still awaited, is listened for; what is not, no more.
    void sync() {
        for (const auto& [name, offer] : offers_->algorithms()) service(name).offer(offer.version);
        for (const auto& [name, service] : services_) {
            const bool offered = offers_->algorithms().contains(name);
            if (!offered && offers_->settled()) service->offer(nullptr);
            const bool may_come = !offers_->settled() && (is_listening(name) || service->is_awaited());
            const bool wanted = (offered || may_come) && config_.of(name).enabled;
            if (is_universal(name)) {
                tell(name, fmt::format("the algorithm {} has no socket of its own: that name is the universal "
                                       "function's (--no-universal)",
                                       name));
            } else if (wanted && !sockets_.is_reachable(endpoint(name))) {
                listen(name, [&service = *service](wire::FdChannel& channel, const std::function<void()>&) {
                    service.serve(channel);
                });
            } else if (!wanted && listening_.erase(name) != 0) {
                sockets_.close(endpoint(name));
                logging::info({.algorithm = name}, "a socket is closed", {{"socket", endpoint(name).path.native()}});
            }
        }
        if (config_.common().universal) listen_universal();
    }

    void listen_universal() {
        for (const UniversalName& entry : kUniversalNames) {
            const std::string name(entry.name);
            if (sockets_.is_reachable(endpoint(name))) continue;
            listen(name, [this, name, edges = Edges{std::string(entry.wants), std::string(entry.provides)}](
                             wire::FdChannel& channel, const std::function<void()>&) {
                const auto [settings, plugins] = of_universal(name);
                serve_universal(
                    channel, edges, plugins, settings, [this](const std::string& algorithm) { return find(algorithm); },
                    watching_.registry());
            });
        }
    }

    void listen(const std::string& name, server::ServeConnection serve) {
        const server::SocketOptions options = socket_of(config_.of(name).serving);
        try {
            sockets_.close(endpoint(name));
            sockets_.listen(endpoint(name), options.mode, options.group, std::move(serve), {.algorithm = name});
            listening_.insert(name);
            told_.erase(name);
        } catch (const std::exception& e) {
            listening_.erase(name);
            tell(name, e.what());
        }
    }

    // Once, until it is something else.
    void tell(const std::string& name, const std::string& problem) {
        if (std::exchange(told_[name], problem) != problem)
            logging::error({.algorithm = name}, "the algorithm has no socket", {{"cause", problem}});
    }

    // ---- Configuration ----

    // For a connection of the universal function. [any]
    std::pair<Service::Settings, std::vector<fs::path>> of_universal(const std::string& name) const {
        const std::lock_guard lock(mutex_);
        return {config_.of(name), directories()};
    }

    void reread() {
        const ServeOptions before = config_.common();
        try {
            const ServeConfig read = ServeConfig::read(given_);
            const std::lock_guard lock(mutex_);
            config_ = read;
            for (const auto& [name, service] : services_) service->set(config_.of(name));
        } catch (const std::exception& e) {
            logging::error("the configuration stays as it was", {{"cause", e.what()}});
            return;
        }
        watching_.set_log_level(config_.common().log.level);
        set_log(config_.common().log);
        server::relay_stderr();  // where it was not needed before
        logging::info("the configuration has been read again");
        for (const std::string& note : config_.notes()) logging::warning(note);
        const ServeOptions& now = config_.common();
        if (now.serving.metrics != before.serving.metrics)
            logging::warning("what it says of metrics counts from the next start on: restart udf-host for that");
        if (now.socket_dir != before.socket_dir || now.universal != before.universal) move_sockets(before.socket_dir);
        if (now.plugins_dirs != before.plugins_dirs || now.poll_interval != before.poll_interval)
            look_into_directories();
        offers_->ask_refused_again();
        sync();
    }

    void move_sockets(const fs::path& from) {
        for (const std::string& name : std::exchange(listening_, {})) sockets_.close({.path = socket_file(from, name)});
        make_socket_dir();
    }

    // [any]
    void report(size_t connections) const {
        const std::lock_guard lock(mutex_);
        logging::info("how things stand", {{"algorithms", services_.size()}, {"connections", connections}});
    }

    const CLI::App& given_;
    mutable std::mutex mutex_;  // for what other threads look at: config_, the map of services_
    ServeConfig config_;
    std::map<std::string, std::unique_ptr<Service>> services_;  // never fewer: connections may be of them
    std::optional<Offers> offers_;
    std::set<std::string> listening_;
    std::map<std::string, std::string> told_;
    bool said_settled_ = false, has_settled_ = false;  // of these directories; ever
    Clock::time_point sockets_looked_at_{};
    Watching watching_{[this](size_t connections) { report(connections); }};
    server::SocketServer sockets_;  // ends first
};

}  // namespace

void add_serve(CLI::App& app) {
    const auto options = std::make_shared<ServeOptions>();
    CLI::App& command =
        *app.add_subcommand("serve", "Serve every algorithm of a directory of plugins, each on a socket of its own");
    add_serve_options(command, *options);
    command.footer(
        "\nPlugins that are added, replaced or removed take effect at once; connections go on, with their state.\n"
        "SIGHUP reads the configuration again, SIGUSR1 logs how things stand. What Kapacitor has to be told:\n"
        "udf-host kapacitor-config --mode socket.");
    command.callback([&command, options] {  // which the options write to
        Server server(command);
        if (server.run()) return;
        server.tell_last();
        server::leave_now(0);
    });
}

}  // namespace cli
