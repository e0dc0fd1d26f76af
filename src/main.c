#include "host.h"

int main(int argc, char **argv) {
  return dm_host_run(argc, argv);
}
