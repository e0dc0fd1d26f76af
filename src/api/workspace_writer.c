/* Writers of a workspace: new files that are written piece by piece. */
#include <string.h>
#include <unistd.h>

#include "datamaestro/file.h"
#include "workspace_handle.h"

enum { BUFFER = 64 * 1024, OWNER = 1, NAME = 2 /* user values: the workspace, the name */ };

struct writer {
  int fd; /* -1 when closed */
  size_t used;
  char buffer[BUFFER];
};

int dm_lua_writer_open(lua_State *L) {
  struct dm_error err;
  struct dm_workspace *workspace = dm_lua_workspace_check(L)->workspace;
  const char *name = luaL_checkstring(L, 2);
  struct writer *writer = lua_newuserdatauv(L, sizeof *writer, 2);
  writer->fd = -1;
  writer->used = 0;
  luaL_setmetatable(L, DM_LUA_WRITER);
  lua_pushvalue(L, 1);
  (void)lua_setiuservalue(L, -2, OWNER);
  lua_pushvalue(L, 2);
  (void)lua_setiuservalue(L, -2, NAME);
  return dm_workspace_create(workspace, name, &writer->fd, &err) == 0 ? 1 : dm_lua_fail(L, &err);
}

static int put(lua_State *L, struct writer *writer, const char *bytes, size_t size, struct dm_error *err) {
  (void)lua_getiuservalue(L, 1, NAME);
  int status = dm_file_write(writer->fd, bytes, size, lua_tostring(L, -1), err);
  lua_pop(L, 1);
  return status;
}

static int flush(lua_State *L, struct writer *writer, struct dm_error *err) {
  size_t used = writer->used;
  writer->used = 0;
  return put(L, writer, writer->buffer, used, err);
}

static int append(lua_State *L, struct writer *writer, const char *bytes, size_t size, struct dm_error *err) {
  if (size > sizeof writer->buffer - writer->used && flush(L, writer, err) != 0)
    return -1;
  if (size > sizeof writer->buffer)
    return put(L, writer, bytes, size, err);
  memcpy(writer->buffer + writer->used, bytes, size);
  writer->used += size;
  return 0;
}

static int charge(lua_State *L, size_t size, struct dm_error *err) {
  (void)lua_getiuservalue(L, 1, OWNER);
  const struct dm_lua_workspace *owner = lua_touserdata(L, -1);
  lua_pop(L, 1);
  luaL_argcheck(L, owner->workspace != NULL, 1, "closed");
  return dm_workspace_charge(owner->workspace, size, 0, err);
}

/* The bytes of all values from `first` on, which must be strings or numbers. Raises without a place. */
static size_t check_values(lua_State *L, int first) {
  size_t total = 0;
  if (lua_gettop(L) < first)
    lua_pushnil(L);
  for (int i = first; i <= lua_gettop(L); i++) {
    size_t size = 0;
    if (lua_tolstring(L, i, &size) == NULL) {
      lua_pushfstring(L, "writer: %s (string or number expected)", luaL_typename(L, i));
      (void)lua_error(L);
    }
    total += size;
  }
  return total;
}

/* writer:write(line, …) → true | nil, message, code: writes strings and numbers, and if `line` is true a line
 * end after them. */
static int writer_write(lua_State *L) {
  struct dm_error err;
  struct writer *writer = luaL_checkudata(L, 1, DM_LUA_WRITER);
  luaL_argcheck(L, writer->fd >= 0, 1, "closed");
  bool line = lua_toboolean(L, 2) != 0;
  int status = charge(L, check_values(L, 3) + (line ? 1 : 0), &err);
  for (int i = 3; status == 0 && i <= lua_gettop(L); i++) {
    size_t size = 0;
    const char *text = lua_tolstring(L, i, &size);
    status = append(L, writer, text, size, &err);
  }
  if (status != 0 || (line && append(L, writer, "\n", 1, &err) != 0))
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* writer:close() → true | nil, message, code: writes what is left; closed is fine. */
static int writer_close(lua_State *L) {
  struct dm_error err;
  struct writer *writer = luaL_checkudata(L, 1, DM_LUA_WRITER);
  int status = writer->fd >= 0 ? flush(L, writer, &err) : 0;
  if (writer->fd >= 0)
    (void)close(writer->fd);
  writer->fd = -1;
  if (status != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* What nobody has closed is of a workspace that has failed. */
static int writer_drop(lua_State *L) {
  struct writer *writer = luaL_checkudata(L, 1, DM_LUA_WRITER);
  if (writer->fd >= 0)
    (void)close(writer->fd);
  writer->fd = -1;
  return 0;
}

void dm_lua_writer_class(lua_State *L) {
  static const luaL_Reg metamethods[] = {{"__gc", writer_drop}, {"__close", writer_drop}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"write", writer_write}, {"close", writer_close}, {NULL, NULL}};
  dm_lua_class(L, DM_LUA_WRITER, metamethods, methods);
}
