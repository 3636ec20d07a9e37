using System.Security.Cryptography;
using DirectorySync.Local;

namespace DirectorySync.Kit;

/// <summary>One test class's part of the shared Redis: the service's own user, and a key prefix that nobody else uses.</summary>
public sealed record TestRedis(string ConnectionString, string KeyPrefix, string AdminConnectionString)
{
    public static async Task<TestRedis> CreateAsync(string service)
    {
        var provisioning = await TestServers.GetAsync();
        var owner = Service.Get(service);
        return new(provisioning.RedisOf(owner), $"{owner.Name}:{RandomNumberGenerator.GetHexString(8, lowercase: true)}:", provisioning.AdminRedis);
    }
}
