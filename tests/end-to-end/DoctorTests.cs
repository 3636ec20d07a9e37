using DirectorySync.Local;
using Npgsql;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>make doctor, on a system that is well and on one that is not.</summary>
[Collection(SharedSystem.Name)]
public sealed class DoctorTests(SharedSystem system)
{
    [Fact]
    public async Task It_finds_nothing_where_all_is_well_and_names_what_is_wrong_with_its_remedy()
    {
        var folder = Path.Combine(Path.GetTempPath(), "doctor-" + Guid.NewGuid().ToString("n"));
        using var certificates = new Certificates(folder);
        certificates.Issue("identity");
        certificates.Issue("soon", DateTimeOffset.UtcNow.AddDays(3));
        var well = Settings(certificates.CertificateOf("identity"));
        try
        {
            List<string> lines = [];
            var before = 0;
            // What other tests have left undelivered is there.
            await Kit.Eventually.True(
                async () =>
                {
                    lines.Clear();
                    before = await new Doctor(well, lines.Add).RunAsync(CancellationToken.None);
                    return !lines.Exists(line => line.StartsWith("WRONG", StringComparison.Ordinal) && !line.StartsWith("WRONG events: ", StringComparison.Ordinal));
                },
                what: "nothing is wrong");
            Assert.Equal(5, lines.Count(line => line.StartsWith("ok", StringComparison.Ordinal) && line.Contains("all migrations are applied", StringComparison.Ordinal)));

            await ExecuteAsync("insert into parked_changes values ('d', 'identity', 't', 'r', 1, 1, '\\x', 'Exception')");
            lines.Clear();
            var found = await new Doctor(Settings(certificates.CertificateOf("soon")), lines.Add).RunAsync(CancellationToken.None);

            Assert.Equal(before + 2, found);
            Assert.Contains(lines, line => line.StartsWith("WRONG", StringComparison.Ordinal) && line.Contains("1 changes are parked", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.StartsWith("WRONG", StringComparison.Ordinal) && line.Contains("is valid for", StringComparison.Ordinal));
        }
        finally
        {
            await ExecuteAsync("delete from parked_changes where directory_id = 'd'");
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private DoctorSettings Settings(string certificate) => new()
    {
        Gateway = new(system.Stack.GatewayUrl()),
        Postgres = service => system.Stack.ConnectionString(service.Name),
        Certificates = [certificate],
    };

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(system.Stack.AdminConnectionString("group-membership"));
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
