using System.Diagnostics;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using Google.Protobuf;

namespace DirectorySync.Load.PipelineBench;

/// <summary>A changed mapping for every user of a large directory, while SCIM goes on writing.</summary>
internal sealed class Remapping(PipelineDirectory directory)
{
    private const int Batch = 5_000;

    private static readonly TimeSpan Most = TimeSpan.FromMinutes(1);

    // The recomputation takes whatever the live changes leave of the machine; none of them may wait for more than a few batches of it.
    private const int MostP99 = 2_000;

    public async Task<bool> RunAsync(int users, int writesPerSecond)
    {
        await SeedAsync(users);
        var live = new LiveWrites(directory, writesPerSecond);
        var remapping = RemapAsync();
        var (profiles, roles) = await live.WhileAsync(remapping);
        var (recomputation, time) = await remapping;
        var inTime = time < Most && recomputation.Changed >= users;
        PipelineBenchmark.Print(
            $"  {recomputation.Done:N0} users mapped anew, {recomputation.Changed:N0} profiles changed, in {time.TotalSeconds:0.0} s, {recomputation.Done / time.TotalSeconds:N0}/s; less than {Most.TotalSeconds:0} s: {PipelineBenchmark.Verdict(inTime)}");
        var inTurn = profiles.P99 < MostP99 && roles.P99 < MostP99;
        PipelineBenchmark.Print($"  meanwhile, {writesPerSecond} writes/s, p99 below {MostP99:N0} ms: {PipelineBenchmark.Verdict(inTurn)}");
        PipelineBenchmark.Print($"  to the profile {profiles}");
        PipelineBenchmark.Print($"  to the roles   {roles}");
        return inTime && inTurn;
    }

    private async Task<(Recomputation, TimeSpan)> RemapAsync()
    {
        var started = Stopwatch.GetTimestamp();
        await directory.Mappings.UpdateMappingAsync(new()
        {
            DirectoryId = directory.Id,
            Rules =
            {
                new MappingRule { Attribute = "first_name", Paths = { "name.givenName" }, Transforms = { new Transform { Prefix = new() { Text = "New " } } } },
            },
        });
        var done = await Eventually.Get(
            async () => (await directory.Mappings.GetRecomputationAsync(new() { DirectoryId = directory.Id })).Recomputation,
            recomputation => recomputation.State == RecomputationState.UpToDate,
            TimeSpan.FromMinutes(5),
            "the directory is mapped anew");
        return (done, Stopwatch.GetElapsedTime(started));
    }

    // As identity would tell of them: to write as many by SCIM would take longer than the benchmark.
    private async Task SeedAsync(int count)
    {
        var numbers = Enumerable.Range(0, count);
        foreach (var batch in numbers.Chunk(Batch))
        {
            var people = Array.ConvertAll(batch, Person);
            await directory.Stack.QueryAsync(
                "identity",
                """
                with told as (
                  insert into changes (directory_id, resource_type, resource_id, version, resource)
                  select $1, $2, u.id, 1, u.data from unnest($3, $4) as u (id, data)
                  returning 1)
                select count(*) from told
                """,
                row => row.GetInt64(0),
                directory.Id, User.Descriptor.FullName, Array.ConvertAll(people, person => person.Id), Array.ConvertAll(people, person => person.ToByteArray()));
        }

        foreach (var service in (string[])["attribute-mapping", "roles"])
        {
            await Eventually.True(
                async () => await directory.Stack.QueryAsync(
                    service, "select count(*) from changes where directory_id = $1 and resource_id like 'seeded-%'", row => row.GetInt64(0),
                    directory.Id) >= count,
                TimeSpan.FromMinutes(5),
                $"{service} has the users");
        }
    }

    private User Person(int number) => new()
    {
        DirectoryId = directory.Id,
        Id = $"seeded-{number}",
        Version = 1,
        UserName = $"seeded.user{number}@example.com",
        ExternalId = $"00s{number}",
        Name = new() { GivenName = "Seeded", FamilyName = "User" },
        DisplayName = "Seeded User",
        Locale = "en-US",
        Active = true,
        Emails = { new MultiValue { Value = $"seeded.user{number}@example.com", Type = "work", Primary = true } },
    };
}
