"""What the demo's people have to do: # is a section, an indented line a subtask, @ a label, p1 to p3 a priority."""

from dataclasses import dataclass

PASSWORD = "plenty to do today"
PEOPLE = {
    "mara": ("mara@demo.example", "Mara Lindqvist", "Europe/Stockholm"),
    "jonas": ("jonas@demo.example", "Jonas Weber", "Europe/Berlin"),
    "priya": ("priya@demo.example", "Priya Raman", "Asia/Kolkata"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A project: its owner first, then who shares it (editors, or `name?` for a viewer); and the one it is in."""

    title: str
    colour: str
    people: tuple[str, ...]
    lines: str
    parent: str = ""


INBOXES = {
    "mara": """
Call the dentist @calls
Renew the passport p2 @errands
Ask Elif for the lentil soup recipe
Look into a bike light with a dynamo
""",
    "jonas": """
Return the borrowed drill to Tomasz @errands
Cancel the gym membership p2 @calls
""",
    "priya": """
Book the train to Chennai p1 @travel
Find a piano teacher nearby
""",
}

PROJECTS = (
    Plan(
        "Kitchen renovation",
        "orange",
        ("mara", "jonas"),
        """
Compare three offers for the cabinets p1 @money
  Ask the carpenter in Solna @calls
  Ask for delivery dates
  Put the prices side by side
Measure the wall behind the stove p2 @home
Choose the worktop @home :: Oak needs oil twice a year. **Laminate** is half the price.
  Order samples
  Check the thickness at the sink
Move the socket next to the fridge p2 @calls
Borrow a trailer for the old cabinets @errands
Pick paint for the ceiling
Tile samples to try in daylight @errands
# Before they come
Order the hob and the extractor p1 @money
Plan two weeks without a stove
  Borrow the camping cooker
  Clear a shelf in the hall
Sell the old dishwasher @money
# While they are here
Find out which walls carry weight p1
Take photos of the pipes before they are covered p2 @home
Ask the neighbours about noise on Saturdays
Book the electrician p1 @calls
Replace the tap washer @home
Throw out the cracked plates
""",
    ),
    Plan(
        "Website relaunch",
        "blue",
        ("jonas", "mara", "priya"),
        """
Write the new front page text p1 @writing
  Collect three customer quotes
  Cut it down to one screen
Move the blog to the new design p2 @web
  List the posts worth keeping
  Redirect the old addresses p2
Check every form with a keyboard only p2 @web
Make the images smaller @web
Set up the staging server p1 @web
Agree on the launch day p1 @calls
Photo shoot in the workshop
  Book Hanna @calls
  Ask everyone about dates
Fix the contrast of the grey links @web
Write the imprint and the privacy page p3 @writing
Try it on an old phone @web
Measure loading time before and after
Translate the price list into English @writing
Answer the open questions of the print shop @calls
Draft the newsletter for the launch @writing :: Short. One picture, one link, sent on a *Tuesday*.
Back up the old site p1 @web
Update the opening hours
Remove the tracking script p2 @web
Plan a party for the launch
""",
    ),
    Plan(
        "Team days in May",
        "violet",
        ("priya", "mara", "jonas?"),
        """
Choose a house by the lake p1 @travel
  Ask three places for an offer @calls
  Check the train connections
Ask everyone what they eat p2
Draft the programme p2 @writing
  One long walk
  An evening without slides
Book the train tickets p1 @travel @money
Reserve two rooms for Noor and Marta
Rent eight bicycles @calls
Make a budget and send it to Karin p1 @money
Pack the projector and the long cable
Find a cook for Friday @calls
Collect topics for the open session
Order name tags @errands
Write down what went well last year @writing :: - less food on the first evening\\n- more breaks\\n- leave Sunday free
Ask about Wi-Fi in the house @calls
Buy a first-aid kit @errands
Share the packing list
Arrange a lift for those who come late
Choose two board games
Send the invitation p2 @writing
Settle the bill @money
Collect the photos in one place
""",
    ),
    Plan(
        "Garden",
        "green",
        ("mara", "priya?"),
        """
Prune the apple tree p2 @outside
Order seeds for the beds p2 @money
  Tomatoes, two kinds
  Runner beans
  Marigolds
Build a second compost bin @outside
  Buy pallets @errands
  Cut them to length
Sharpen the shears @home
Sow the peas p1 @outside
Repair the water butt @outside
Lay mulch under the currants @outside
Fix the gate hinge @outside
Put up the bee hotel @outside :: South side, out of the rain, at eye level.
Divide the rhubarb
Ask Olle for horse manure @calls
Mow the meadow in strips @outside
Turn the compost @outside
Cover the strawberries
Make a plan for the shady corner
Test the soil by the wall
Oil the bench p3 @outside
""",
    ),
    Plan(
        "Greenhouse",
        "lime",
        ("mara",),
        """
Clean the greenhouse glass @outside
Plant out the tomatoes p3 @outside
""",
        parent="Garden",
    ),
    Plan(
        "Tax return",
        "red",
        ("jonas",),
        """
Collect the receipts of last year p1 @money
  Train tickets
  Books and courses
  The new monitor
Ask the bank for the interest statement p2 @calls
Scan the letters of the insurance @home
Find last year's assessment p2
Fill in the commuting days p2 @money
  Count the days from home
Check the donation receipts @money
Read up on the home office allowance @reading
Enter the craftsmen's bills @money
Ask Leyla to look it over p2 @calls
Send it off p1 @money
File everything in the grey folder @home
Set money aside for the back payment @money
Update the standing order @money
Note what to collect from January on @writing :: Receipts go into the **grey folder** the day they come.
Compare the health insurance rates p3 @money
Shred what is older than ten years @home
Download the certificate for the portal p1
Change the address at the tax office
Keep a copy on the external disk
Look up the deadline for an extension
Thank Leyla with a cake @errands
""",
    ),
    Plan(
        "Reading group",
        "amber",
        ("priya", "jonas", "mara"),
        """
Pick the next three books p2 @reading
  Ask for two proposals each
  One of them short
Read part two of Middlemarch p2 @reading
Write to the author about a visit @writing
Reserve the back room of the café p1 @calls
Borrow four copies at the library @errands
Prepare questions for Thursday p1 @reading
  Who tells the story, and when?
  Where did we stop believing it?
Bring biscuits @errands
Return the audiobook @errands
Set up a shared list of quotes
Invite Samira and her brother
Find a translation that reads well @reading
Note where we left off @writing
Plan an evening of poems p3 @reading
Look for the film of the book
Ask the bookshop for a discount @calls @money
Move the January meeting p2
Make a poster for the library
Read the introduction @reading
Collect money for the room @money
Write a paragraph about the last book @writing
Choose who leads the next evening
""",
    ),
    Plan(
        "Cycling to the coast",
        "teal",
        ("mara", "jonas"),
        """
Plan the route in four days p1 @travel :: At most **70 km** a day, and a swim on each.
  Mark the places to swim
  Avoid the main road after Trosa
Book the campsites p1 @travel
  First night @calls
  Second night @calls
Service the bikes p2
  New brake pads @errands
  Straighten the rear wheel
Buy two spare tubes @errands
Waterproof the panniers @home
Download the offline maps @travel
Check the ferry times p2 @travel
Try the tent in the garden @outside
Pack the small stove
Get the repair kit together @home
Learn to fix a chain @reading
Lend Jonas the second sleeping mat
Ask Mum to water the plants @calls
Charge the power bank @home
Train with luggage twice p3 @outside
Book the train back p1 @travel @money
Buy sun cream @errands
""",
    ),
    Plan(
        "Learning to draw",
        "pink",
        ("priya",),
        """
Draw ten minutes before breakfast p3
Fill the first sketchbook
  Hands, twenty of them
  Trees without outlines
  A self-portrait from memory
Buy soft pencils and an eraser @errands
Watch the lesson on perspective p2 @reading
  Draw the street from the window
  Draw the stairwell
Sign up for the life class p1 @money
Copy one page of Rembrandt's sketches @reading
Sit in the station and draw people p2 @travel
Sharpen every pencil with a knife @home
Learn to mix greys with two colours
Ask Meera how she started @calls
Scan the best five pages @home
Frame one for Dad's birthday p1 @errands :: A4, a plain frame, **no** mount.
Clear the desk by the north window @home
Look at the prints in the museum @travel
Practise ellipses: cups and bowls
Find a place for the drawing board @home
Sort the photos for reference
Try ink and a brush p3
Show it to somebody
""",
    ),
)
