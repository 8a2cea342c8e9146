// SPDX-License-Identifier: MIT
#include "guard/news.h"

#include "log/log.h"

namespace guard {

void tell(const logging::Where& where, const News& news) {
    logging::warning(where, "the guard mended output; more by the same rule is only counted",
                     {{"group", news.group}, {"rule", news.rule.name}, {"row", news.rule.row}, {"did", news.did}});
}

}  // namespace guard
