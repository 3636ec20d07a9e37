using DirectorySync.Gateway.Auth;
using Microsoft.Extensions.Time.Testing;

namespace DirectorySync.Gateway.Tests.Auth;

public sealed class AnswerMemoryTests
{
    private readonly FakeTimeProvider time = new();
    private int asked;

    [Fact]
    public async Task An_answer_is_remembered_for_its_moment_and_no_longer()
    {
        var memory = Memory();

        await memory.GetAsync("a", AnswerAsync, CancellationToken.None);
        time.Advance(TimeSpan.FromMilliseconds(999));
        await memory.GetAsync("a", AnswerAsync, CancellationToken.None);
        Assert.Equal(1, asked);

        time.Advance(TimeSpan.FromMilliseconds(1));
        await memory.GetAsync("a", AnswerAsync, CancellationToken.None);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task The_moment_counts_from_the_question_so_that_a_slow_answer_is_not_old()
    {
        var memory = Memory();
        var slow = new TaskCompletionSource<int>();
        var first = memory.GetAsync("a", () => slow.Task, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(1));
        slow.SetResult(1);
        await first;

        await memory.GetAsync("a", AnswerAsync, CancellationToken.None);

        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Callers_with_the_same_question_share_one()
    {
        var memory = Memory();
        var answer = new TaskCompletionSource<int>();
        Task<int> Ask()
        {
            Interlocked.Increment(ref asked);
            return answer.Task;
        }

        var callers = Enumerable.Range(0, 20).Select(_ => memory.GetAsync("a", Ask, CancellationToken.None)).ToList();
        answer.SetResult(7);

        Assert.All(await Task.WhenAll(callers), got => Assert.Equal(7, got));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_failure_is_not_remembered()
    {
        var memory = Memory();
        await Assert.ThrowsAsync<InvalidOperationException>(() => memory.GetAsync(
            "a", () => Task.FromException<int>(new InvalidOperationException()), CancellationToken.None));

        Assert.Equal(1, await memory.GetAsync("a", AnswerAsync, CancellationToken.None));
    }

    [Fact]
    public async Task A_caller_that_leaves_does_not_end_the_question_of_the_others()
    {
        var memory = Memory();
        var answer = new TaskCompletionSource<int>();
        using var leaving = new CancellationTokenSource();
        var first = memory.GetAsync("a", () => answer.Task, leaving.Token);
        var second = memory.GetAsync("a", () => answer.Task, CancellationToken.None);

        await leaving.CancelAsync();
        answer.SetResult(3);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(3, await second);
    }

    [Fact]
    public async Task A_full_memory_still_answers_and_forgets_what_is_old()
    {
        var memory = new AnswerMemory<string, int>(TimeSpan.FromSeconds(1), capacity: 2, time);
        foreach (var key in new[] { "a", "b", "c", "c" })
        {
            await memory.GetAsync(key, AnswerAsync, CancellationToken.None);
        }

        Assert.Equal(4, asked);
        time.Advance(TimeSpan.FromSeconds(1));
        await memory.GetAsync("c", AnswerAsync, CancellationToken.None);
        await memory.GetAsync("c", AnswerAsync, CancellationToken.None);
        Assert.Equal(5, asked);
    }

    private AnswerMemory<string, int> Memory() => new(TimeSpan.FromSeconds(1), capacity: 100, time);

    private Task<int> AnswerAsync() => Task.FromResult(Interlocked.Increment(ref asked));
}
