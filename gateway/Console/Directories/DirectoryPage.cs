using DirectorySync.Gateway.Rest;
using Microsoft.AspNetCore.Components;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Console.Directories;

/// <summary>A page about one directory, which it has read, if who is signed in sees it.</summary>
public abstract class DirectoryPage : ConsolePage
{
    [Inject]
    internal DirectoryAccess Access { get; set; } = null!;

    protected Directory Directory { get; private set; } = new();

    /// <summary>The directory's first page.</summary>
    protected string Address => $"{Pages.Console}/directories/{Directory.Id}";

    protected sealed override async Task LoadAsync()
    {
        Directory = await Access.GetAsync(Http);
        await LoadPageAsync();
    }

    /// <summary>Reads what the page shows of the directory.</summary>
    protected virtual Task LoadPageAsync() => Task.CompletedTask;
}
