namespace DirectorySync.Chassis.Batching;

/// <summary>
/// Does together what is asked at the same time. What is asked while a batch is under way takes the next one, which begins when the batch has
/// ended, when enough wait for it, or when the batch takes long. Nothing is held back while the processors have nothing to do, and a batch
/// begins after all that is in it was asked.
/// </summary>
/// <param name="run">Does a batch and answers everything in it. Must not throw.</param>
/// <param name="mostItems">Of a batch.</param>
/// <param name="mostBatches">Under way at once.</param>
/// <param name="patience">A batch that takes longer is stuck: another one begins for who waits.</param>
public sealed class Batcher<T>(Func<List<T>, Task> run, int mostItems, int mostBatches, TimeSpan patience)
{
    // Batches begin beside each other while so many wait: fewer and larger ones cost less, but leave processors idle meanwhile.
    private const int Enough = 4;
    private const int MostBesides = 3;

    private readonly Lock gate = new();
    private readonly Queue<T> waiting = [];
    private int underWay;

    public void Add(T item)
    {
        lock (gate)
        {
            waiting.Enqueue(item);
            if (underWay > 0 && (underWay >= Math.Min(MostBesides, mostBatches) || waiting.Count < Enough))
            {
                return;
            }

            underWay++;
        }

        Start();
    }

    private void Overtake()
    {
        lock (gate)
        {
            if (waiting.Count == 0 || underWay == mostBatches)
            {
                return;
            }

            underWay++;
        }

        Start();
    }

    // A batch belongs to none of those who asked: neither its trace nor its request.
    private void Start()
    {
        using (ExecutionContext.SuppressFlow())
        {
            _ = WorkAsync();
        }
    }

    private async Task WorkAsync()
    {
        var items = new List<T>(mostItems);
        while (true)
        {
            // Behind the work that is queued: what it asks comes along.
            await Task.Yield();
            if (!Take(items))
            {
                return;
            }

            var batch = run(items);
            while (!batch.IsCompleted)
            {
                await batch.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!batch.IsCompleted)
                {
                    Overtake();
                }
            }

            items.Clear();
            if (Retire())
            {
                return;
            }
        }
    }

    private bool Take(List<T> items)
    {
        lock (gate)
        {
            while (items.Count < mostItems && waiting.TryDequeue(out var item))
            {
                items.Add(item);
            }

            if (items.Count == 0)
            {
                underWay--;
            }

            return items.Count > 0;
        }
    }

    // Whoever came because another was slow leaves again.
    private bool Retire()
    {
        lock (gate)
        {
            if (underWay == 1)
            {
                return false;
            }

            underWay--;
            return true;
        }
    }
}
