using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using DirectorySync.Kit;
using DirectorySync.Load.PipelineBench;

namespace DirectorySync.Load.EventsBench;

/// <summary>Pages of a log that has ninety days of events of a thousand directories.</summary>
internal static class LongLog
{
    private const int Batch = 100_000;
    private const int Directories = 1_000;
    private const int Page = 100;
    private const int Samples = 300;
    private const double Most = 10;

    // A user as events tell of it, about as long as most are.
    private const string Data = """
        {"custom_attributes":{"department_name":"Engineering","job_title":"Staff Engineer"},"directory_id":"bench-0001","email":"ada.lovelace@example.com","first_name":"Ada","id":"019aaf00-0000-7000-8000-000000000000","idp_id":"00u1dhhb1fkIGP7RL1d8","last_name":"Lovelace","managed_by":"directory","name":"Ada Lovelace","object":"directory_user","organization_id":"org-0001","raw_attributes":{},"role":{"slug":"member"},"roles":[{"slug":"member"}],"state":"active","username":"ada.lovelace@example.com"}
        """;

    public static async Task<bool> RunAsync(Stack stack, int count)
    {
        var started = Stopwatch.GetTimestamp();
        await SeedAsync(stack, count);
        var events = await stack.QueryAsync("events", "select count(*) from events where directory_id like 'bench-%'", row => row.GetInt64(0));
        PipelineBenchmark.Print($"GET /events, pages of {Page}, {events:N0} events of {Directories:N0} directories in the log (seeded in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s), p50 below {Most:0} ms:");
        using var http = new HttpClient { BaseAddress = new(stack.GatewayUrl()) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stack.ApiKey);
        var cursors = await stack.ListAsync(
            "events", "select id from events where position = any($1)", row => row.GetString(0),
            Enumerable.Range(0, Samples).Select(_ => Random.Shared.NextInt64(1, count)).ToArray());
        var reached = true;
        foreach (var (name, query) in new (string, Func<int, string>)[]
        {
            ("the newest", _ => "order=desc"),
            ("behind a cursor", n => $"after={cursors[n % cursors.Count]}"),
            ("of a directory", n => $"directory=bench-{n % Directories:0000}"),
            ("of an organization", n => $"organization_id=org-{n % Directories:0000}&after={cursors[n % cursors.Count]}"),
            ("of a type", n => $"events=dsync.user.created&after={cursors[n % cursors.Count]}"),
            ("of a directory and a type", n => $"directory=bench-{n % Directories:0000}&events=dsync.group.created"),
        })
        {
            var latency = await MeasureAsync(http, query);
            reached &= latency.P50 < Most;
            PipelineBenchmark.Print($"  {name,-26} {latency}: {PipelineBenchmark.Verdict(latency.P50 < Most)}");
        }

        return reached;
    }

    private static async Task<Latency> MeasureAsync(HttpClient http, Func<int, string> query)
    {
        var times = new List<double>();
        for (var n = 0; n < Samples * 2; n++)
        {
            var started = Stopwatch.GetTimestamp();
            var text = await http.GetStringAsync($"/events?limit={Page}&{query(n)}");
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (n == 0 && JsonNode.Parse(text)!["data"]!.AsArray().Count is 0)
            {
                throw new InvalidOperationException($"There is nothing to read: {query(n)}");
            }
        }

        // The first ones warm up.
        return Latency.Of(times.Skip(Samples));
    }

    // As if the log had been written for ninety days: ids hold their times, and the messages their ids.
    private static async Task SeedAsync(Stack stack, int count)
    {
        var told = new Events.V1.Event { Type = "dsync.user.updated", DirectoryId = "bench-0001", OrganizationId = "org-0001", Sequence = 1, DataJson = Data };
        var milliseconds = (long)TimeSpan.FromDays(89).TotalMilliseconds;
        var first = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - milliseconds;
        await stack.QueryAsync(
            "events", "select ensure_event_partitions(to_timestamp($1 / 1000), now())", _ => 0, (double)first);
        // Built at the end, as a restored database has them.
        var indexes = await stack.ListAsync(
            "events", "select i.indexrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') from pg_index i where i.indrelid = 'events'::regclass and not i.indisprimary",
            row => (Name: row.GetString(0), Definition: row.GetString(1)));
        await stack.ListAsync("events", $"drop index {string.Join(", ", indexes.Select(index => index.Name))}", _ => 0);
        for (var done = 0; done < count; done += Batch)
        {
            await stack.QueryAsync(
                "events",
                """
                with numbered as (
                  select n, to_char(n % $6, 'FM0000') as owner, to_hex($3 + n * $4 / $5) as time, md5(n::text) as h, $3 + n * $4 / $5 as ms
                  from generate_series($1, $2) as n
                ), named as (
                  select *, lpad(substr(time, 1, length(time) - 4), 8, '0') || '-' || right(time, 4) || '-7' || substr(h, 1, 3) || '-8' || substr(h, 4, 3)
                    || '-' || substr(h, 7, 12) as id
                  from numbered
                ), told as (
                  insert into events (directory_id, sequence, create_time, position, id, type, organization_id, data, user_id)
                  select 'bench-' || owner, n / $6 + 1, to_timestamp(ms / 1000.0), n, id,
                    (array['dsync.user.updated', 'dsync.user.created', 'dsync.group.user_added', 'dsync.group.user_removed', 'dsync.group.created'])[n / $6 % 5 + 1],
                    'org-' || owner, '\x0a24'::bytea || convert_to(id, 'UTF8') || $7, 'user-' || n % 100000
                  from named
                  returning 1)
                select count(*) from told
                """,
                row => row.GetInt64(0),
                (long)done + 1, (long)Math.Min(done + Batch, count), first, milliseconds, (long)count, (long)Directories, ToBytes(told));
        }

        foreach (var (_, definition) in indexes)
        {
            await stack.ListAsync("events", definition, _ => 0);
        }

        await stack.QueryAsync("events", "with ended as (update event_log set position = $1, tell_time = now() returning 1) select count(*) from ended", row => row.GetInt64(0), (long)count);
        await stack.ListAsync("events", "analyze events", _ => 0);
    }

    private static byte[] ToBytes(Events.V1.Event told) => Google.Protobuf.MessageExtensions.ToByteArray(told);
}
