using DirectorySync.Chassis.Cache;
using Google.Protobuf;

namespace DirectorySync.Identity.Users;

/// <summary>
/// Users in Redis, by version: `identity:v1:user:directory:id`. Only reads by id use it. The removal of a whole directory does not tell
/// it: a user of one may be found here for ten seconds longer, as long as an entry lives.
/// </summary>
internal sealed class UserCache(RedisCache redis)
{
    private readonly VersionedCache cache = redis.Of("user");

    /// <summary>The user as cached, if it is asked often, else as read by the function; null if there is none.</summary>
    public async Task<User?> FindAsync(string directoryId, string id, Func<Task<User?>> read)
    {
        var key = new CacheKey(directoryId, id);
        if (!cache.IsAskedOften(key))
        {
            return await read();
        }

        var found = await cache.FindAsync(key);
        if (found.IsHit)
        {
            return User.Parser.ParseFrom(found.Value.Span);
        }

        var user = found.IsDeleted ? null : await read();
        if (user is not null)
        {
            _ = cache.FillAsync(key, found, user.Version, user.ToByteArray());
        }

        return user;
    }

    public Task<Fence> FenceAsync(string directoryId, string id) => cache.FenceAsync(new CacheKey(directoryId, id));

    public static CacheKey KeyOf(User user) => new(user.DirectoryId, user.Id);
}
