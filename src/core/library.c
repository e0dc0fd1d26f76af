#include "library.h"

#include <dlfcn.h>
#include <string.h>

static void *open_library(const struct dm_library *library) {
  void *handle = NULL;
  for (size_t i = 0; i < sizeof library->names / sizeof library->names[0] && handle == NULL; i++)
    if (library->names[i] != NULL)
      handle = dlopen(library->names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  return handle;
}

int dm_library_load(const struct dm_library *library, void *functions, struct dm_error *err) {
  void *handle = open_library(library);
  if (handle == NULL)
    return dm_error_set(err, DM_ERROR, "%s: cannot be loaded (this library expected)", library->names[0]);
  int status = 0;
  for (const struct dm_library_symbol *symbol = library->symbols; symbol->name != NULL; symbol++) {
    void *address = dlsym(handle, symbol->name);
    if (address == NULL)
      status = dm_error_set(err, DM_ERROR, "%s: without %s (a newer version expected)", library->names[0],
                            symbol->name);
    memcpy((char *)functions + symbol->offset, &address, sizeof address);
  }
  (void)dlclose(handle);
  return status;
}
