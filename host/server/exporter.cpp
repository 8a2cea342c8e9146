// SPDX-License-Identifier: MIT
#include "server/exporter.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <boost/dll/shared_library.hpp>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace server {
namespace {

namespace fs = std::filesystem;

// Its code runs on threads of its own, which never end: it is not unloaded.
const metrics::ExporterModule& load(const fs::path& file) {
    using namespace boost::dll;
    std::error_code unknown;
    if (!fs::exists(file, unknown))
        throw std::runtime_error(
            fmt::format("there is no {}; install udf-host with it: prometheus-cpp has to be there when it is built",
                        file.native()));
    boost::dll::fs::error_code error;
    const shared_library library(
        file, load_mode::rtld_now | load_mode::rtld_local | static_cast<load_mode::type>(RTLD_NODELETE), error);
    if (!library.is_loaded()) {
        const char* text = ::dlerror();
        throw std::runtime_error(
            fmt::format("{} cannot be loaded: {}; install udf-host anew, with the libraries that it needs",
                        file.native(), text != nullptr ? text : error.message()));
    }
    if (!library.has(metrics::kExporterModuleEntry))
        throw std::runtime_error(fmt::format("{} is no module of udf-host's; install udf-host anew", file.native()));
    const auto& module = library.get<const metrics::ExporterModule>(metrics::kExporterModuleEntry);
    if (module.version != std::string_view(UDF_HOST_VERSION))
        throw std::runtime_error(fmt::format("{} is of udf-host {}, and this is {}; install both of one version",
                                             file.native(), module.version, UDF_HOST_VERSION));
    return module;
}

}  // namespace

wire::Endpoint parse_metrics_address(std::string_view text) {
    try {
        if (!text.empty() && text.front() != ':') return wire::parse_endpoint(fmt::format("tcp:{}", text));
    } catch (const std::invalid_argument&) {
    }
    throw std::invalid_argument(fmt::format(
        "'{}' is no address: HOST:PORT, such as 127.0.0.1:9464, an IPv6 address in brackets: [::1]:9464", text));
}

fs::path exporter_module() {
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    const fs::path installed = (here / UDF_HOST_MODULES_FROM_BIN / metrics::kExporterModuleFile).lexically_normal();
    const fs::path built = here / metrics::kExporterModuleFile;
    return !fs::exists(installed, error) && fs::exists(built, error) ? built : installed;
}

PrometheusExporter::PrometheusExporter(const fs::path& file, const wire::Endpoint& at, metrics::Collect collect) try
    : listener_(std::make_unique<Listener>(at)) {
    const metrics::ExporterModule& module = load(file);
    sigset_t all, before;  // none is for its thread
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::string problem;
    try {
        exporter_ = module.start(listener_->fd(), std::move(collect));
    } catch (const std::exception& e) {
        problem = e.what();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!exporter_) throw std::runtime_error(problem);
} catch (const std::exception& e) {
    throw std::runtime_error(fmt::format("no metrics for Prometheus (--metrics): {}", e.what()));
}

std::string PrometheusExporter::address() const {
    return wire::to_string(listener_->endpoint()).substr(std::string_view("tcp:").size());
}

}  // namespace server
