using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Rest;

namespace DirectorySync.Gateway.Console.Directories;

/// <summary>What forms do with the users that the application has already.</summary>
internal sealed class AdoptionForms(AdoptionService.AdoptionServiceClient adoptions, AdoptionUpload upload, DirectoryAccess access, ServiceCalls calls)
{
    public async Task<IResult> UploadAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        if (form.File("file") is not { Length: > 0 } file)
        {
            form.Refuse("file", "Choose a CSV file that is not empty.");
            form.Check();
            return Pages.See(AddressOf(directory.Id));
        }

        await using var csv = file.OpenReadStream();
        await upload.SendAsync(http, directory.Id, csv);
        return Pages.See(AddressOf(directory.Id), "saved");
    }

    public async Task<IResult> DeleteAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        form.RequireConfirmation(directory.Name);
        form.Check();
        await calls.SendAsync(http, call => adoptions.DeleteAdoptionAsync(new() { DirectoryId = directory.Id }, call).ResponseAsync);
        return Pages.See(AddressOf(directory.Id), "deleted");
    }

    private static string AddressOf(string id) => $"{Pages.Console}/directories/{id}/adoption";
}
