/* Module datamaestro.api.workspace: a folder that the code of a stranger works in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datamaestro/text.h"
#include "workspace_handle.h"

#define PIN "datamaestro.pin"
#define NAMES "datamaestro.names"

enum { PATH_SIZE = 64 }; /* bytes of "/proc/self/fd/N" */

struct dm_lua_workspace *dm_lua_workspace_check(lua_State *L) {
  struct dm_lua_workspace *handle = luaL_checkudata(L, 1, DM_LUA_WORKSPACE);
  luaL_argcheck(L, handle->workspace != NULL, 1, "closed");
  luaL_argcheck(L, handle->errand == NULL, 1, "busy");
  return handle;
}

static struct dm_workspace *check_workspace(lua_State *L) {
  return dm_lua_workspace_check(L)->workspace;
}

static int push_done(lua_State *L, int status, const struct dm_error *err) {
  if (status != 0)
    return dm_lua_fail(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

/* A limit; 0 when absent. */
static uint64_t check_limit(lua_State *L, const char *name) {
  lua_Integer limit = dm_lua_field_integer(L, 1, name, 0);
  luaL_argcheck(L, limit >= 0, 1, "limits above zero expected");
  return (uint64_t)limit;
}

/* workspace.open{folder =, create = false, subject = folder [, bytes =, entries =]} → workspace, to be closed
 * | nil, message, code: see struct dm_workspace_options. */
static int workspace_open(lua_State *L) {
  struct dm_error err;
  luaL_checktype(L, 1, LUA_TTABLE);
  const char *folder = dm_lua_field_string(L, 1, "folder", NULL);
  luaL_argcheck(L, folder != NULL, 1, "field 'folder': nil (string expected)");
  struct dm_workspace_options options = {
      .folder = folder,
      .subject = dm_lua_field_string(L, 1, "subject", folder),
      .create = dm_lua_field_boolean(L, 1, "create", 0) != 0,
      .bytes = check_limit(L, "bytes"),
      .entries = check_limit(L, "entries"),
  };
  struct dm_lua_workspace *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  memset(handle, 0, sizeof *handle);
  luaL_setmetatable(L, DM_LUA_WORKSPACE);
  return dm_workspace_open(&handle->workspace, &options, &err) == 0 ? 1 : dm_lua_fail(L, &err);
}

/* workspace:close(): what is under way in it is stopped; closed is fine. The folder stays. */
static int workspace_close(lua_State *L) {
  struct dm_lua_workspace *handle = luaL_checkudata(L, 1, DM_LUA_WORKSPACE);
  if (handle->errand != NULL)
    dm_lua_errand_end(handle->errand);
  dm_workspace_close(handle->workspace);
  handle->workspace = NULL;
  return 0;
}

/* workspace:check(name) → true | nil, message, code: can it be made? The folders above it are. */
static int workspace_check(lua_State *L) {
  struct dm_error err;
  struct dm_workspace *workspace = check_workspace(L);
  return push_done(L, dm_workspace_check(workspace, luaL_checkstring(L, 2), &err), &err);
}

/* workspace:take(path, name) → true | nil, message, code: moves a file or folder of the same file system in.
 */
static int workspace_take(lua_State *L) {
  struct dm_error err;
  struct dm_workspace *workspace = check_workspace(L);
  const char *path = luaL_checkstring(L, 2);
  return push_done(L, dm_workspace_take(workspace, path, luaL_checkstring(L, 3), &err), &err);
}

/* workspace:charge(bytes, entries) → true | nil, message, code: counts what was made elsewhere. */
static int workspace_charge(lua_State *L) {
  struct dm_error err;
  struct dm_workspace *workspace = check_workspace(L);
  lua_Integer bytes = luaL_checkinteger(L, 2);
  lua_Integer entries = luaL_checkinteger(L, 3);
  luaL_argcheck(L, bytes >= 0 && entries >= 0, 2, "0 or more expected");
  return push_done(L, dm_workspace_charge(workspace, (uint64_t)bytes, (uint64_t)entries, &err), &err);
}

/* workspace:room() → bytes, entries: that may still be made. */
static int workspace_room(lua_State *L) {
  uint64_t bytes = 0;
  uint64_t entries = 0;
  dm_workspace_room(check_workspace(L), &bytes, &entries);
  lua_pushinteger(L, (lua_Integer)bytes);
  lua_pushinteger(L, (lua_Integer)entries);
  return 2;
}

/* workspace:rename(from, to) → true | nil, message, code. */
static int workspace_rename(lua_State *L) {
  struct dm_error err;
  struct dm_workspace *workspace = check_workspace(L);
  const char *from = luaL_checkstring(L, 2);
  return push_done(L, dm_workspace_rename(workspace, from, luaL_checkstring(L, 3), &err), &err);
}

/* workspace:size(name) → bytes of a plain file | nil, message, code. */
static int workspace_size(lua_State *L) {
  struct dm_error err;
  uint64_t size = 0;
  struct dm_workspace *workspace = check_workspace(L);
  if (dm_workspace_size(workspace, luaL_checkstring(L, 2), &size, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushinteger(L, (lua_Integer)size);
  return 1;
}

/* --- Files that are read ------------------------------------------------------------------------ */

/* workspace:pin(name) → pin, to be closed | nil, message, code: holds a plain file that was reached through
 * no link. */
static int workspace_pin(lua_State *L) {
  struct dm_error err;
  struct dm_workspace *workspace = check_workspace(L);
  const char *name = luaL_checkstring(L, 2);
  int *fd = lua_newuserdatauv(L, sizeof *fd, 0);
  *fd = -1;
  luaL_setmetatable(L, PIN);
  return dm_workspace_file(workspace, name, fd, &err) == 0 ? 1 : dm_lua_fail(L, &err);
}

/* pin:path() → a path of the very file, for as long as it is pinned. */
static int pin_path(lua_State *L) {
  char path[PATH_SIZE];
  const int *fd = luaL_checkudata(L, 1, PIN);
  luaL_argcheck(L, *fd >= 0, 1, "closed");
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
  lua_pushstring(L, path);
  return 1;
}

/* pin:close(): lets go of the file; closed is fine. */
static int pin_close(lua_State *L) {
  int *fd = luaL_checkudata(L, 1, PIN);
  if (*fd >= 0)
    (void)close(*fd);
  *fd = -1;
  return 0;
}

/* --- List --------------------------------------------------------------------------------------- */

/* Names as they come, each with its end, and where each begins; freed whatever raises. */
struct names {
  struct dm_text text;
  size_t count;
  const char **sorted;
};

static int names_close(lua_State *L) {
  struct names *names = luaL_checkudata(L, 1, NAMES);
  dm_text_close(&names->text);
  free(names->sorted);
  names->sorted = NULL;
  return 0;
}

static int add_name(void *context, const char *name, struct dm_error *err) {
  struct names *names = context;
  dm_text_put(&names->text, name, strlen(name) + 1);
  names->count++;
  return names->text.failed ? dm_error_set(err, DM_ERROR, "not enough memory for a list of files") : 0;
}

static int compare_names(const void *left, const void *right) {
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int sort_names(struct names *names, struct dm_error *err) {
  names->sorted = malloc((names->count + 1) * sizeof *names->sorted);
  if (names->sorted == NULL)
    return dm_error_set(err, DM_ERROR, "not enough memory for a list of files");
  const char *next = names->text.bytes;
  for (size_t i = 0; i < names->count; i++) {
    names->sorted[i] = next;
    next += strlen(next) + 1;
  }
  if (names->count > 0)
    qsort(names->sorted, names->count, sizeof *names->sorted, compare_names);
  return 0;
}

/* workspace:list(folder) → array of the names of all plain files below the folder ("": all), relative to it,
 * sorted by byte | nil, message, code. */
static int workspace_list(lua_State *L) {
  struct dm_error err;
  struct dm_workspace *workspace = check_workspace(L);
  const char *folder = luaL_checkstring(L, 2);
  struct names *names = lua_newuserdatauv(L, sizeof *names, 0);
  memset(names, 0, sizeof *names);
  luaL_setmetatable(L, NAMES);
  lua_toclose(L, -1);
  if (dm_workspace_walk(workspace, folder, add_name, names, &err) != 0 || sort_names(names, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_createtable(L, (int)names->count, 0);
  for (size_t i = 0; i < names->count; i++) {
    lua_pushstring(L, names->sorted[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_workspace(lua_State *L);

int luaopen_datamaestro_api_workspace(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", workspace_open}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {
      {"__gc", workspace_close}, {"__close", workspace_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"check", workspace_check},
                                     {"take", workspace_take},
                                     {"charge", workspace_charge},
                                     {"room", workspace_room},
                                     {"pin", workspace_pin},
                                     {"size", workspace_size},
                                     {"rename", workspace_rename},
                                     {"list", workspace_list},
                                     {"writer", dm_lua_writer_open},
                                     {"close", workspace_close},
                                     {NULL, NULL}};
  static const luaL_Reg pin_metamethods[] = {{"__gc", pin_close}, {"__close", pin_close}, {NULL, NULL}};
  static const luaL_Reg pin_methods[] = {{"path", pin_path}, {"close", pin_close}, {NULL, NULL}};
  static const luaL_Reg names_metamethods[] = {{"__gc", names_close}, {"__close", names_close}, {NULL, NULL}};
  dm_lua_class(L, DM_LUA_WORKSPACE, metamethods, methods);
  luaL_getmetatable(L, DM_LUA_WORKSPACE);
  lua_getfield(L, -1, "__index");
  luaL_setfuncs(L, dm_lua_errand_methods, 0);
  lua_pop(L, 2);
  dm_lua_class(L, PIN, pin_metamethods, pin_methods);
  dm_lua_class(L, NAMES, names_metamethods, NULL);
  dm_lua_errand_class(L);
  dm_lua_writer_class(L);
  luaL_newlib(L, functions);
  luaL_setfuncs(L, dm_lua_errand_functions, 0);
  return 1;
}
