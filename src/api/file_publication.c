#include "file_publication.h"

#include "datamaestro/publication.h"
#include "lua_util.h"

#define PUBLICATION "datamaestro.publication"

struct handle {
  struct dm_publication *publication; /* NULL when closed */
};

/* file.publish_start(part, path) → handle | nil, message, code: begins file.publish on a thread of its
 * own. A handle that is collected waits. */
int dm_lua_publish_start(lua_State *L) {
  struct dm_error err;
  const char *part = luaL_checkstring(L, 1);
  const char *path = luaL_checkstring(L, 2);
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->publication = NULL;
  luaL_setmetatable(L, PUBLICATION);
  if (dm_publication_start(&handle->publication, part, path, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* publication:wait() → true | nil, message, code: waits until the file is published, or could not be. */
static int publication_wait(lua_State *L) {
  struct dm_error err;
  struct handle *handle = luaL_checkudata(L, 1, PUBLICATION);
  struct dm_publication *publication = handle->publication;
  handle->publication = NULL;
  if (dm_publication_wait(publication, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* publication:is_finished() → whether :wait() would return at once. */
static int publication_is_finished(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, PUBLICATION);
  lua_pushboolean(L, handle->publication == NULL || dm_publication_is_finished(handle->publication));
  return 1;
}

void dm_lua_publication_class(lua_State *L) {
  static const luaL_Reg metamethods[] = {
      {"__gc", publication_wait}, {"__close", publication_wait}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"wait", publication_wait}, {"is_finished", publication_is_finished}, {NULL, NULL}};
  dm_lua_class(L, PUBLICATION, metamethods, methods);
}
