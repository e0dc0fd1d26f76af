#include "datamaestro/owner.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAT_SIZE = 1024, START_FIELD = 22 }; /* bytes; of /proc/PID/stat, see proc(5) */

static size_t read_file(const char *path, char *out, size_t capacity) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd >= 0 ? read(fd, out, capacity - 1) : 0;
  if (fd >= 0)
    (void)close(fd);
  out[got > 0 ? got : 0] = '\0';
  return got > 0 ? (size_t)got : 0;
}

/* FNV-1a, 64 bits: names, not secrets. */
static uint64_t hash(uint64_t state, const char *text) {
  for (; *text != '\0'; text++)
    state = (state ^ (unsigned char)*text) * UINT64_C(1099511628211);
  return state;
}

static uint64_t place(void) {
  char boot[64];
  char space[64] = "";
  (void)read_file("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
  ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
  space[length > 0 ? length : 0] = '\0';
  return hash(hash(UINT64_C(14695981039346656037), boot), space);
}

/* When the process began, 0 when there is none, or when it only waits to be buried. The command's name, in
 * parentheses, may hold anything. */
static uint64_t start_of(long pid) {
  char path[64];
  char text[STAT_SIZE];
  (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  (void)read_file(path, text, sizeof text);
  char *field = strrchr(text, ')');
  if (field == NULL || field[1] == '\0' || field[2] == 'Z' || field[2] == 'X')
    return 0;
  for (int number = 2; number < START_FIELD && field != NULL; number++)
    field = strchr(field + 1, ' ');
  return field != NULL ? strtoull(field, NULL, 10) : 0;
}

void dm_owner_name(char name[DM_OWNER_SIZE]) {
  long pid = (long)getpid();
  (void)snprintf(name, DM_OWNER_SIZE, "%016" PRIx64 "-%ld-%" PRIu64, place(), pid, start_of(pid));
}

/* Reads a number and the dash or the end behind it; false when there is none. */
static bool read_part(const char **text, int base, char behind, uint64_t *number) {
  char *end = NULL;
  *number = strtoull(*text, &end, base);
  bool found = **text >= '0' && end > *text && *end == behind; /* neither spaces nor signs */
  *text = found && behind != '\0' ? end + 1 : end;
  return found;
}

enum dm_owner_life dm_owner_life(const char *name) {
  uint64_t where = 0;
  uint64_t pid = 0;
  uint64_t start = 0;
  if (!read_part(&name, 16, '-', &where) || !read_part(&name, 10, '-', &pid) ||
      !read_part(&name, 10, '\0', &start) || where != place() || pid > INT_MAX)
    return DM_OWNER_UNKNOWN;
  return start_of((long)pid) == start && start != 0 ? DM_OWNER_ALIVE : DM_OWNER_DEAD;
}
