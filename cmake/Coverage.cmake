# SPDX-License-Identifier: MIT
#
# ADIT_COVERAGE: counts which lines and branches of the driver run (preset native-coverage;
# scripts/coverage reads the counts). Included behind driver/ and before the tests, which link the
# counters' run-time part. Counters are atomic: the driver has threads.

option(ADIT_COVERAGE "Count which lines and branches of the driver run" OFF)

if(ADIT_COVERAGE)
  target_compile_options(adit_driver PRIVATE
    -fprofile-instr-generate -fcoverage-mapping -fprofile-update=atomic)
  add_link_options(-fprofile-instr-generate)
endif()
