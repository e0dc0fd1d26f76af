#include <fcntl.h>
#include <unistd.h>

#include "host.h"

/* Where a standard stream is closed, the next file that is opened would take its number, and what is
 * printed would go into it. Opened for reading only, the number stays taken, and printing fails. */
static void fill_standard_streams(void) {
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDONLY); // NOLINT(android-cloexec-open): children may have them
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO)
    (void)close(fd);
}

int main(int argc, char **argv) {
  fill_standard_streams();
  return dm_host_run(argc, argv);
}
