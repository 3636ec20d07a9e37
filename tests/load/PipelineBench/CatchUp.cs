using DirectorySync.Kit;

namespace DirectorySync.Load.PipelineBench;

/// <summary>
/// How fast attribute-mapping and roles catch up with what SCIM wrote while both were stopped. Both start at once; the rates are told by
/// the times of what they tell, without their first batch: starting a process is not catching up.
/// </summary>
internal sealed class CatchUp(PipelineDirectory directory)
{
    private const double Least = 5_000;
    private const int FirstBatch = 500;

    private static readonly string[] Consumers = ["attribute-mapping", "roles"];

    /// <param name="name">What is written.</param>
    /// <param name="count">How many users it concerns, each once.</param>
    /// <param name="followers">Which services tell something of each.</param>
    /// <param name="write">Writes it.</param>
    public async Task<bool> RunAsync(string name, int count, string[] followers, Func<Task> write)
    {
        await Task.WhenAll(Consumers.Select(consumer => directory.Stack.StopAsync(consumer)));
        var before = new Dictionary<string, long>();
        foreach (var follower in followers)
        {
            before[follower] = await directory.Stack.QueryAsync(follower, "select coalesce(max(id), 0) from changes", row => row.GetInt64(0));
        }

        await write();
        await Task.WhenAll(Consumers.Select(consumer => directory.Stack.StartAgainAsync(consumer)));
        var reached = true;
        foreach (var follower in followers)
        {
            await Eventually.True(
                async () => await CountAsync(follower, before[follower]) >= count, TimeSpan.FromMinutes(5), $"{follower} catches up with {name}");
            var rate = await RateAsync(follower, before[follower], count);
            reached &= rate > Least;
            PipelineBenchmark.Print(
                $"  {name,-14} {follower,-18} {count:N0} at {rate:N0}/s, more than {Least:N0}/s: {PipelineBenchmark.Verdict(rate > Least)}");
        }

        return reached;
    }

    private Task<long> CountAsync(string service, long after) => directory.Stack.QueryAsync(
        service, "select count(*) from changes where id > $1 and directory_id = $2", row => row.GetInt64(0), after, directory.Id);

    private Task<double> RateAsync(string service, long after, int count) => directory.Stack.QueryAsync(
        service,
        """
        select ($3 - $4) / extract(epoch from max(create_time) - (array_agg(create_time order by id))[$4])::double precision
        from changes where id > $1 and directory_id = $2
        """,
        row => row.GetDouble(0), after, directory.Id, count, FirstBatch);
}
