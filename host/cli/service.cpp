// SPDX-License-Identifier: MIT
#include "cli/service.h"

#include <fmt/format.h>

#include "agent/refusal.h"
#include "agent/universal.h"
#include "cli/own_worker.h"

namespace cli {

// ---- Service ----

void Service::set(const Settings& settings) {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
}

void Service::offer(const Offers::Version& version) {
    const std::lock_guard lock(mutex_);
    version_ = version;
    if (!version) return;
    awaited_ = false;
    changed_.notify_all();
    if (const Offers::Version before = std::exchange(last_, version); before == nullptr || before == version) return;
    if (settings_.upgrade != "live") return;
    for (supervisor::Supervisor* supervisor : supervisors_) supervisor->upgrade();
}

void Service::await() {
    const std::lock_guard lock(mutex_);
    awaited_ = true;
}

bool Service::is_awaited() const {
    const std::lock_guard lock(mutex_);
    return awaited_;
}

void Service::is_not_there(const std::string& why) {
    const std::lock_guard lock(mutex_);
    awaited_ = false;
    not_there_ = why;
    changed_.notify_all();
}

// Why it is not; empty where it is.
std::string Service::wait_until_offered() const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !awaited_; });
    return version_ ? std::string() : not_there_;
}

Offers::Version Service::version() const {
    const std::lock_guard lock(mutex_);
    return version_;
}

Service::Settings Service::settings() const {
    const std::lock_guard lock(mutex_);
    return settings_;
}

void Service::serve(wire::FdChannel& channel) {
    record(settings().serving.record, channel, "algorithm " + algorithm_);
    if (const std::string why = wait_until_offered(); !why.empty()) {
        agent::refuse(channel, why, agent::Boot::fails);
        return;
    }
    const Settings settings = this->settings();
    Follower follower;
    follower.follow(*this);
    supervisor::Settings supervision = follower.supervision(settings, [this, settings](const PluginVersion* version) {
        std::vector<std::string> words{"udf-host",      "--isolation", kWorker,   "--plugin",
                                       version->file(), "--algorithm", algorithm_};
        words.insert(words.end(), settings.worker_words.begin(), settings.worker_words.end());
        return words;
    });
    supervision.function = "algorithm " + algorithm_;
    supervision.algorithm = algorithm_;
    follower.serve(channel, supervision, registry_);
}

// ---- Follower ----

void Follower::follow(Service& service) {
    service_ = &service;
    begun_ = service.version();
    if (supervisor_ != nullptr) join();
}

// What a new worker is made of; null where that is not known yet.
Offers::Version Follower::next() const {
    if (service_ == nullptr) return nullptr;
    const std::lock_guard lock(service_->mutex_);
    if (service_->settings_.upgrade == "live" && service_->version_) return service_->version_;
    return works_ ? works_ : begun_;
}

supervisor::Settings Follower::supervision(const Service::Settings& settings,
                                           std::function<std::vector<std::string>(const PluginVersion*)> words) {
    supervisor::Settings supervision = supervision_of(settings.serving);
    const auto worker_of = [words = std::move(words), limit = supervision.memory_limit](const PluginVersion* version) {
        std::vector<std::string> command = words(version);
        if (version != nullptr) command.insert(command.end(), {kKeptFile, version->path()});
        return std::make_unique<supervisor::WorkerProcess>(own_worker(std::move(command), limit));
    };
    supervision.start = [this, worker_of] {
        started_ = next();
        return worker_of(started_.get());
    };
    supervision.keep = [this] {
        works_ = started_;
        return works_ != nullptr;
    };
    supervision.start_kept = [this, worker_of] { return worker_of(works_.get()); };
    return supervision;
}

void Follower::serve(wire::FdChannel& channel, const supervisor::Settings& settings, metrics::Registry& registry) {
    supervisor::Supervisor supervisor(channel, settings);
    const metrics::Registry::Entry entry(registry, supervisor);
    // Nobody may call it once it is gone, however that comes.
    struct Leave {
        Follower& follower;
        ~Leave() {
            supervisor::Supervisor* const gone = std::exchange(follower.supervisor_, nullptr);
            if (follower.service_ == nullptr) return;
            const std::lock_guard lock(follower.service_->mutex_);
            follower.service_->supervisors_.erase(gone);
        }
    } leave{*this};
    supervisor_ = &supervisor;
    if (service_ != nullptr) join();
    supervisor.serve();
}

void Follower::join() {
    const std::lock_guard lock(service_->mutex_);
    service_->supervisors_.insert(supervisor_);
}

void serve_universal(wire::FdChannel& channel, const Edges& edges, const std::vector<std::filesystem::path>& plugins,
                     const Service::Settings& settings, const std::function<Service*(const std::string&)>& find,
                     metrics::Registry& registry) {
    Follower follower;
    supervisor::Settings supervision = follower.supervision(settings, [&](const PluginVersion*) {
        std::vector<std::string> words{"udf-host", "--isolation", kWorker,      "--any",
                                       "--wants",  edges.wants,   "--provides", edges.provides};
        for (const auto& directory : plugins) words.insert(words.end(), {"--plugins-dir", directory});
        words.insert(words.end(), settings.worker_words.begin(), settings.worker_words.end());
        return words;
    });
    supervision.function = fmt::format("any algorithm, {} to {}", edges.wants, edges.provides);
    record(settings.serving.record, channel, supervision.function);
    supervision.saw_init = [&](const wire::pb::InitRequest& request) {
        try {
            if (Service* service = find(agent::wanted_algorithm(request))) follower.follow(*service);
        } catch (const std::exception&) {  // the worker says what is wrong with it
        }
    };
    follower.serve(channel, supervision, registry);
}

}  // namespace cli
