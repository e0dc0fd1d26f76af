/* Module datamaestro.api.walk: all that is below a folder, what of that goes, and how much room it takes.
 * Entries go by their numbers: 1 is the walked folder itself. */
#include "datamaestro/walk.h"

#include <stdlib.h>

#include "lua_util.h"

#define WALK "datamaestro.walk"
#define LOCK "datamaestro.walk.lock"

enum { NAMES_MAXIMUM = 16 };

struct handle {
  struct dm_walk *walk; /* NULL when closed */
};

static struct dm_walk *check_walk(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, WALK);
  luaL_argcheck(L, handle->walk != NULL, 1, "a closed walk");
  return handle->walk;
}

static size_t check_entry(lua_State *L, const struct dm_walk *walk) {
  lua_Integer number = luaL_checkinteger(L, 2);
  luaL_argcheck(L, number >= 1 && (lua_Unsigned)number <= walk->count, 2, "no such entry");
  return (size_t)number - 1;
}

/* walk.open(folder, names|nil) → walk, to-be-closed | nil, message, code: all that is below a folder, or what
 * of it has one of these names, through no link and no mount point. */
static int walk_open(lua_State *L) {
  struct dm_error err;
  const char *only[NAMES_MAXIMUM + 1] = {NULL};
  const char *folder = luaL_checkstring(L, 1);
  bool chosen = !lua_isnoneornil(L, 2);
  lua_Integer count = 0;
  if (chosen) {
    luaL_checktype(L, 2, LUA_TTABLE);
    count = luaL_len(L, 2);
    luaL_argcheck(L, count <= NAMES_MAXIMUM, 2, "too many names");
  }
  luaL_checkstack(L, NAMES_MAXIMUM, NULL);
  for (lua_Integer i = 0; i < count; i++) { /* the strings stay on the stack */
    lua_geti(L, 2, i + 1);
    only[i] = luaL_checkstring(L, -1);
  }
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->walk = NULL;
  luaL_setmetatable(L, WALK);
  if (dm_walk_open(&handle->walk, folder, chosen ? only : NULL, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* walk:close(); closed is fine. Also when the handle is collected or leaves scope. */
static int walk_close(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, WALK);
  dm_walk_close(handle->walk);
  handle->walk = NULL;
  return 0;
}

/* #walk → number of entries. */
static int walk_length(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_walk(L)->count);
  return 1;
}

/* walk:entry(number) → name, "file"|"folder"|"link"|"special file", size (bytes), time of its last change
 * (seconds since 1970), number behind the last entry below it, nil or "mount" or "unread": what is below is
 * not known. */
static int walk_entry(lua_State *L) {
  static const char *const types[] = {"file", "folder", "link", "special file"};
  static const char *const marks[] = {NULL, "mount", "unread"};
  const struct dm_walk *walk = check_walk(L);
  size_t index = check_entry(L, walk);
  const struct dm_walk_entry *entry = &walk->entries[index];
  lua_pushstring(L, dm_walk_name(walk, index));
  lua_pushstring(L, types[entry->type]);
  lua_pushinteger(L, (lua_Integer)entry->size);
  lua_pushinteger(L, (lua_Integer)(entry->mtime_ns / 1000000000));
  lua_pushinteger(L, (lua_Integer)entry->end + 1);
  lua_pushstring(L, marks[entry->mark]);
  return 6;
}

/* walk:path(number) → path relative to the walked folder, "" for that itself. */
static int walk_path(lua_State *L) {
  luaL_Buffer buffer;
  const struct dm_walk *walk = check_walk(L);
  size_t index = check_entry(L, walk);
  size_t size = dm_walk_path(walk, index, NULL, 0);
  char *out = luaL_buffinitsize(L, &buffer, size + 1);
  (void)dm_walk_path(walk, index, out, size + 1);
  luaL_pushresultsize(&buffer, size);
  return 1;
}

/* walk:find(path) → number of the entry of a path relative to the walked folder | nil. */
static int walk_find(lua_State *L) {
  const struct dm_walk *walk = check_walk(L);
  size_t index = dm_walk_find(walk, luaL_checkstring(L, 2));
  if (index == 0)
    lua_pushnil(L);
  else
    lua_pushinteger(L, (lua_Integer)index + 1);
  return 1;
}

/* --- Room --------------------------------------------------------------------------------------- */

static void push_sum(lua_State *L, const struct dm_walk_sum *sum) {
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, (lua_Integer)sum->files);
  lua_setfield(L, -2, "files");
  lua_pushinteger(L, (lua_Integer)sum->bytes);
  lua_setfield(L, -2, "bytes");
  lua_pushinteger(L, (lua_Integer)sum->disk);
  lua_setfield(L, -2, "disk");
  lua_pushinteger(L, (lua_Integer)sum->shared);
  lua_setfield(L, -2, "shared");
}

/* walk:measure(number) → { files, bytes (apparent), disk (bytes of blocks), shared = 0 } of an entry and all
 * below it, files with several names counted once in bytes and disk | nil, message, code. */
static int walk_measure(lua_State *L) {
  struct dm_error err;
  struct dm_walk_sum sum;
  const struct dm_walk *walk = check_walk(L);
  if (dm_walk_measure(walk, check_entry(L, walk), &sum, &err) != 0)
    return dm_lua_fail(L, &err);
  push_sum(L, &sum);
  return 1;
}

/* walk:own(number, owner): says whose an entry is, and all below it: a number from 1 on. */
static int walk_own(lua_State *L) {
  struct dm_walk *walk = check_walk(L);
  size_t index = check_entry(L, walk);
  lua_Integer owner = luaL_checkinteger(L, 3);
  luaL_argcheck(L, owner >= 1 && owner <= UINT32_MAX, 3, "1 or more expected");
  dm_walk_own(walk, index, (uint32_t)owner);
  return 0;
}

/* walk:sums(count) → array of the sums of owners 1 to count, as of measure, `shared` being those of `disk`
 * that are another owner's too (or nobody's); the sum of all | nil, message, code. */
static int walk_sums(lua_State *L) {
  struct dm_error err;
  const struct dm_walk *walk = check_walk(L);
  lua_Integer count = luaL_checkinteger(L, 2);
  luaL_argcheck(L, count >= 0 && (lua_Unsigned)count <= walk->count, 2, "more owners than entries");
  /* Memory of Lua's, since pushing may raise. */
  struct dm_walk_sum *sums = lua_newuserdatauv(L, ((size_t)count + 2) * sizeof *sums, 0);
  if (dm_walk_sum(walk, sums, (size_t)count + 1, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_createtable(L, (int)count, 0);
  for (lua_Integer i = 1; i <= count; i++) {
    push_sum(L, &sums[i]);
    lua_seti(L, -2, i);
  }
  push_sum(L, &sums[count + 1]);
  return 2;
}

/* --- Removal ------------------------------------------------------------------------------------ */

/* walk:lock(number) → handle with :close(), to-be-closed | nil, message, code: locks a file that was found,
 * without waiting ("busy" when another holds it) and without making it. */
static int walk_lock(lua_State *L) {
  struct dm_error err;
  const struct dm_walk *walk = check_walk(L);
  size_t index = check_entry(L, walk);
  struct dm_lock *lock = lua_newuserdatauv(L, sizeof *lock, 0);
  lock->fd = -1;
  luaL_setmetatable(L, LOCK);
  if (dm_walk_lock(walk, index, lock, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* lock:close(): lets the lock go; closed is fine. Also when the handle is collected or leaves scope. */
static int lock_close(lua_State *L) {
  dm_lock_close(luaL_checkudata(L, 1, LOCK));
  return 0;
}

/* walk:remove(number) → true | nil, message, code: removes an entry and what was found below it, if that is
 * as it was found, and nothing else. */
static int walk_remove(lua_State *L) {
  struct dm_error err;
  const struct dm_walk *walk = check_walk(L);
  if (dm_walk_remove(walk, check_entry(L, walk), &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_walk(lua_State *L);

int luaopen_datamaestro_api_walk(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", walk_open}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {
      {"__gc", walk_close}, {"__close", walk_close}, {"__len", walk_length}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"close", walk_close},   {"entry", walk_entry}, {"path", walk_path},       {"find", walk_find},
      {"own", walk_own},       {"sums", walk_sums},   {"measure", walk_measure}, {"lock", walk_lock},
      {"remove", walk_remove}, {NULL, NULL}};
  static const luaL_Reg lock_metamethods[] = {{"__gc", lock_close}, {"__close", lock_close}, {NULL, NULL}};
  static const luaL_Reg lock_methods[] = {{"close", lock_close}, {NULL, NULL}};
  dm_lua_class(L, WALK, metamethods, methods);
  dm_lua_class(L, LOCK, lock_metamethods, lock_methods);
  luaL_newlib(L, functions);
  return 1;
}
