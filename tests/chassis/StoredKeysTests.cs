using DirectorySync.Chassis.Keys;
using DirectorySync.Keys.V1;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace DirectorySync.Chassis.Tests;

/// <summary>Data Protection's keys, as replicas share them.</summary>
public sealed class StoredKeysTests : IAsyncLifetime
{
    private ThingDatabase database = null!;
    private NpgsqlDataSource source = null!;

    public async Task InitializeAsync()
    {
        database = await ThingDatabase.CreateAsync();
        source = NpgsqlDataSource.Create(database.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await source.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Replicas_that_start_at_the_same_time_without_a_key_all_use_the_same()
    {
        var replicas = Enumerable.Range(0, 6).Select(_ => Replica()).ToList();

        var cookies = await Task.WhenAll(replicas.Select(replica => Task.Run(() => replica.Protect("session"))));

        Assert.Single(new StoredKeys(source).List());
        Assert.All(replicas, replica => Assert.All(cookies, cookie => Assert.Equal("session", replica.Unprotect(cookie))));
    }

    [Fact]
    public async Task Revocations_and_later_keys_are_kept()
    {
        var keys = new StoredKeys(source);
        keys.Add(new() { Name = "key-1", Xml = "<key/>" });
        keys.Add(new() { Name = "revocation-1", Xml = "<revocation/>" });
        keys.Add(new() { Name = "key-2", Xml = "<key/>" });
        await database.ExecuteAsync($"update data_protection_keys set create_time = create_time - interval '61 seconds'");
        keys.Add(new StoredKey { Name = "key-3", Xml = "<key/>" });

        Assert.Equal(["key-1", "revocation-1", "key-3"], keys.List().Select(key => key.Name));
    }

    private IDataProtector Replica()
    {
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName("replicas");
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = new StoredKeys(source));
        return services.BuildServiceProvider().GetRequiredService<IDataProtectionProvider>().CreateProtector("cookies");
    }
}
